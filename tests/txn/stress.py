#!/usr/bin/python3
"""Many clients at once, doing everything that gets in each other's way; then looks whether what must hold still holds.

    stress.py --lathed BUILD/bin/lathed [--clients 12] [--seconds 20] [--seed 1]
    stress.py --port P ...                              against a running server

Money moves between accounts (their sum stays), rows refer to rows (none to a row that is gone), indexes are asked the
same questions as tables. In between: definitions, savepoints, row locks of all modes, SKIP LOCKED, NOWAIT, deadlocks,
cancel requests, time-outs, ended sessions, connections that break off while they wait. README.md has the rest.
"""
import argparse
import os
import random
import socket
import sys
import threading
import time

import psycopg2
import psycopg2.extensions

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))

from server import Server  # noqa: E402

ACCOUNTS = 60
START = 1000
# What a client may be told while others do what they like.
EXPECTED = {
    "40001", "40P01", "57014", "55P03", "25P02", "57P01", "25P03",  # conflicts, cancelled, ended
    "23505", "23503", "23514", "23502",  # constraints
    "42P01", "42P07", "42703", "42701", "42704", "42710", "42P06", "3F000", "2BP01", "0A000", "55000",  # definitions
    "22012", "26000", "42P05", "25006", "21000", "25001", "3B001", "42830", "55006",
}

# How often each kind of transaction comes.
WEIGHTS = {"transfer": 20, "read": 10, "point": 15, "family": 10, "take": 8, "count": 8, "define": 4, "lock": 6, "cursor": 3,
           "prepared": 6, "savepoints": 6, "copy": 2, "scan_write": 3, "advisory": 3, "idle": 1}

SETUP = f"""
CREATE TABLE account (id int PRIMARY KEY, balance int NOT NULL CHECK (balance > -1000000), note text);
CREATE INDEX account_balance ON account (balance);
CREATE INDEX account_odd ON account ((balance / 10)) WHERE id % 2 = 1;
INSERT INTO account SELECT g, {START}, 'n' || g FROM generate_series(1, {ACCOUNTS}) g;
CREATE TABLE parent (id int PRIMARY KEY, code int UNIQUE DEFERRABLE INITIALLY DEFERRED, v int);
INSERT INTO parent SELECT g, g, 0 FROM generate_series(1, 40) g;
CREATE TABLE child (id serial PRIMARY KEY, p int REFERENCES parent ON DELETE CASCADE ON UPDATE CASCADE
    DEFERRABLE INITIALLY IMMEDIATE, v int);
CREATE INDEX child_p ON child (p);
CREATE TABLE soft (id serial PRIMARY KEY, p int REFERENCES parent ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED);
CREATE UNIQUE INDEX parent_even ON parent ((code + 0)) WHERE v < 0;
CREATE TABLE queue (id int PRIMARY KEY, state int, taken_by int);
INSERT INTO queue SELECT g, 0, NULL FROM generate_series(1, 300) g;
CREATE TABLE tally (k int PRIMARY KEY, n int NOT NULL);
CREATE TABLE log (at int, what text);
CREATE SEQUENCE seq;
"""


class Gone(Exception):
    """The connection is over."""


class Client(threading.Thread):
    """One client: random transactions until the time is over."""

    def __init__(self, run, number):
        super().__init__(daemon=True)
        self.run_state, self.number = run, number
        self.random = random.Random(run.seed * 1000 + number)
        self.connection = None
        self.done = self.failed = 0

    def connect(self):
        self.connection = psycopg2.connect(self.run_state.dsn)
        self.connection.autocommit = True
        self.execute("SET statement_timeout = 3000")
        if self.random.random() < 0.3:
            self.execute("SET lock_timeout = 200")

    def execute(self, sql, *args):
        with self.connection.cursor() as cursor:
            cursor.execute(sql, args or None)
            return cursor.fetchall() if cursor.description else None

    def run(self):
        while time.monotonic() < self.run_state.end and not self.run_state.broken:
            try:
                if self.connection is None or self.connection.closed:
                    self.connect()
                    self.run_state.connections[self.number] = self.connection
                self.transaction()
                self.done += 1
            except psycopg2.Error as error:
                self.failed += 1
                code = error.pgcode
                if code is None or code in ("57P01", "25P03", "08006") or self.connection is None or self.connection.closed:
                    self.drop()
                    if not self.run_state.alive():
                        self.run_state.broken = f"the server is gone: {error}"
                elif code not in EXPECTED:
                    self.run_state.broken = f"client {self.number}: {code} {error}"
                else:
                    self.run_state.count(code)
                    try:
                        self.execute("ROLLBACK")
                    except psycopg2.Error:
                        self.drop()
        self.drop()

    def drop(self):
        if self.connection is not None:
            try:
                self.connection.close()
            except psycopg2.Error:
                pass
        self.connection = None

    def account(self):
        return self.random.randint(1, ACCOUNTS)

    # ---- Transactions

    def transaction(self):
        kinds = [name for name in WEIGHTS if not self.run_state.only or name in self.run_state.only]
        getattr(self, self.random.choices(kinds, [WEIGHTS[name] for name in kinds])[0])()

    def begin(self):
        level = self.random.choice(["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE", "READ COMMITTED"])
        self.execute("BEGIN ISOLATION LEVEL " + level)

    def end(self):
        self.execute("COMMIT" if self.random.random() < 0.9 else "ROLLBACK")

    def transfer(self):
        a, b, amount = self.account(), self.account(), self.random.randint(1, 50)
        self.begin()
        if self.random.random() < 0.3:
            mode = self.random.choice(["UPDATE", "NO KEY UPDATE", "SHARE", "KEY SHARE", "UPDATE NOWAIT"])
            self.execute(f"SELECT balance FROM account WHERE id IN ({a}, {b}) FOR {mode}")
        self.execute(f"UPDATE account SET balance = balance - {amount} WHERE id = {a}")
        self.execute(f"UPDATE account SET balance = balance + {amount} WHERE id = {b}")
        self.end()

    def read(self):
        level = self.random.choice(["REPEATABLE READ", "SERIALIZABLE", "READ COMMITTED"])
        self.execute("BEGIN ISOLATION LEVEL " + level)
        total = self.execute("SELECT sum(balance), count(*) FROM account")[0]
        if total != (ACCOUNTS * START, ACCOUNTS):
            again = self.execute("SELECT sum(balance), count(*) FROM account")[0]
            missing = self.execute(f"SELECT g FROM generate_series(1, {ACCOUNTS}) g WHERE g NOT IN (SELECT id FROM account)")
            self.run_state.broken = f"a reader saw {total} at {level}, then {again}, without {missing}"
        low = self.random.randint(0, 2000)
        self.execute("SET LOCAL lathe.disable_rules = ''")
        through = self.execute(f"SELECT count(*) FROM account WHERE balance BETWEEN {low} AND {low + 500}")
        del through
        self.execute("COMMIT")

    def point(self):
        a = self.account()
        if self.random.random() < 0.5:
            self.execute(f"SELECT note, balance FROM account WHERE id = {a}")
        else:
            self.execute(f"UPDATE account SET note = note || 'x' WHERE id = {a} AND length(note) < 200")

    def family(self):
        p = self.random.randint(1, 50)
        self.begin()
        for _ in range(self.random.randint(1, 3)):
            what = self.random.randint(0, 7)
            if what == 0:
                self.execute(f"DELETE FROM parent WHERE id = {p}")
            elif what == 1:
                self.execute(f"INSERT INTO parent VALUES ({p}, {p}, 0) ON CONFLICT (id) DO UPDATE SET v = parent.v + 1")
            elif what == 2:
                self.execute(f"INSERT INTO child (p, v) VALUES ({p}, 1)")
            elif what == 3:
                self.execute(f"INSERT INTO soft (p) VALUES ({p})")
            elif what == 4:
                self.execute(f"UPDATE parent SET code = code + 1 WHERE id BETWEEN {p} AND {p + 3}")
            elif what == 5:
                self.execute(f"UPDATE parent SET id = {p + 10} WHERE id = {p}")
            elif what == 6:
                self.execute("SET CONSTRAINTS ALL " + self.random.choice(["DEFERRED", "IMMEDIATE"]))
            else:
                self.execute(f"UPDATE child SET p = {p} WHERE id = (SELECT max(id) FROM child)")
        self.end()

    def take(self):
        self.begin()
        rows = self.execute("SELECT id FROM queue WHERE state = 0 ORDER BY id LIMIT 2 FOR UPDATE SKIP LOCKED")
        for (row,) in rows:
            self.execute(f"UPDATE queue SET state = 1, taken_by = {self.number} WHERE id = {row} AND state = 0")
        if not rows:
            self.execute("UPDATE queue SET state = 0, taken_by = NULL")
        self.end()

    def count(self):
        k = self.random.randint(1, 5)
        self.execute(f"INSERT INTO tally VALUES ({k}, 1) ON CONFLICT (k) DO UPDATE SET n = tally.n + 1")
        self.run_state.add(k)

    def define(self):
        n = self.random.randint(1, 4)
        block = self.random.random() < 0.5
        if block:
            self.begin()
        self.execute(self.random.choice([
            f"CREATE TABLE made{n} (a int PRIMARY KEY, b text)",
            f"DROP TABLE IF EXISTS made{n}",
            f"ALTER TABLE made{n} ADD COLUMN c{n} int DEFAULT 7",
            f"ALTER TABLE made{n} DROP COLUMN IF EXISTS c{n}",
            f"CREATE INDEX made{n}_b ON made{n} (b)",
            f"DROP INDEX IF EXISTS made{n}_b",
            f"TRUNCATE made{n}",
            f"INSERT INTO made{n} (a, b) SELECT g, g::text FROM generate_series(1, 50) g",
            f"UPDATE made{n} SET b = b || '.' WHERE a < 10",
            f"SELECT count(*) FROM made{n}",
            f"CREATE OR REPLACE VIEW seen{n} AS SELECT id, balance FROM account WHERE id < {n * 10}",
            f"DROP VIEW IF EXISTS seen{n}",
            f"SELECT * FROM seen{n}",
            "TRUNCATE log", "ALTER TABLE log ADD COLUMN IF NOT EXISTS more int", "ALTER TABLE log DROP COLUMN IF EXISTS more",
            "CREATE INDEX IF NOT EXISTS queue_state ON queue (state)", "DROP INDEX IF EXISTS queue_state",
            "REINDEX TABLE account", "VACUUM account" if not block else "SELECT 1", "ANALYZE account",
            "DROP INDEX IF EXISTS account_balance", "CREATE INDEX IF NOT EXISTS account_balance ON account (balance)",
        ]))
        if block:
            if self.random.random() < 0.5:
                self.transfer_inside()
            self.end()

    def transfer_inside(self):
        a, b = self.account(), self.account()
        self.execute(f"UPDATE account SET balance = balance + CASE WHEN id = {a} THEN 1 ELSE -1 END WHERE id IN ({a}, {b})"
                     if a != b else "SELECT 1")

    def lock(self):
        self.begin()
        if self.random.random() < 0.5:
            mode = self.random.choice(["ACCESS SHARE", "ROW SHARE", "ROW EXCLUSIVE", "SHARE", "EXCLUSIVE", "ACCESS EXCLUSIVE"])
            self.execute(f"LOCK TABLE {self.random.choice(['queue', 'tally', 'log'])} IN {mode} MODE" +
                         self.random.choice(["", " NOWAIT"]))
        a = self.account()
        mode = self.random.choice(["UPDATE", "NO KEY UPDATE", "SHARE", "KEY SHARE"])
        end = self.random.choice(["", " NOWAIT", " SKIP LOCKED"])
        self.execute(f"SELECT * FROM account WHERE id >= {a} ORDER BY id LIMIT 3 FOR {mode}{end}")
        if self.random.random() < 0.5:
            self.execute(f"SELECT * FROM parent p JOIN child c ON c.p = p.id FOR {mode} OF c{end}")
        self.end()

    def cursor(self):
        self.begin()
        self.execute("DECLARE c CURSOR FOR SELECT * FROM account ORDER BY id")
        self.execute("FETCH 5 FROM c")
        self.transfer_inside()
        self.execute("FETCH 5 FROM c")
        self.end()

    def prepared(self):
        self.execute("PREPARE q (int) AS SELECT balance FROM account WHERE id = $1")
        for _ in range(3):
            self.execute(f"EXECUTE q({self.account()})")
        self.execute("DEALLOCATE q")

    def savepoints(self):
        self.begin()
        self.execute("SAVEPOINT a")
        self.transfer_inside()
        self.execute("SAVEPOINT b")
        try:
            self.execute(self.random.choice(["SELECT 1 / 0", "INSERT INTO account VALUES (1, 0, '')", "SELECT 1",
                                             "SELECT nothing", "DELETE FROM account WHERE id < 5"]))
        except psycopg2.Error as error:
            if error.pgcode is None or self.connection.closed:
                raise
        self.execute("ROLLBACK TO b")
        self.transfer_inside()
        if self.random.random() < 0.5:
            self.execute("ROLLBACK TO a")
        else:
            self.execute("RELEASE a")
        self.end()

    def copy(self):
        import io
        with self.connection.cursor() as cursor:
            cursor.copy_expert("COPY log (at, what) FROM STDIN", io.StringIO("".join(f"{i}\tline\n" for i in range(100))))

    def scan_write(self):
        self.begin()
        # Two statements that cancel each other out over all rows.
        self.execute("UPDATE account SET balance = balance + 1 WHERE id % 2 = 0")
        self.execute("UPDATE account SET balance = balance - 1 WHERE id % 2 = 0")
        self.end()

    def advisory(self):
        key = self.random.randint(1, 3)
        self.begin()
        self.execute(f"SELECT pg_advisory_xact_lock({key}), pg_try_advisory_lock({key + 1}), nextval('seq')")
        self.transfer_inside()
        self.end()
        self.execute("SELECT pg_advisory_unlock_all()")

    def idle(self):
        self.execute("SET idle_in_transaction_session_timeout = 50")
        self.begin()
        self.transfer_inside()
        time.sleep(self.random.choice([0, 0.1]))
        self.execute("COMMIT")
        self.execute("SET idle_in_transaction_session_timeout = 0")


class Run:
    """What the clients share."""

    def __init__(self, options, server):
        self.seed = options.seed
        self.only = options.only.split(",") if options.only else []
        self.disturbs = not options.calm
        port = options.port or server.port
        self.server = server
        self.dsn = f"host=127.0.0.1 port={port} user=lathe dbname=lathe"
        self.end = time.monotonic() + options.seconds
        self.connections = {}
        self.broken = None
        self.mutex = threading.Lock()
        self.codes, self.counts = {}, {}

    def alive(self):
        return self.server is None or self.server.process.poll() is None

    def count(self, code):
        with self.mutex:
            self.codes[code] = self.codes.get(code, 0) + 1

    def add(self, k):
        with self.mutex:
            self.counts[k] = self.counts.get(k, 0) + 1

    def disturb(self, clients):
        """Cancels, ends and breaks off what runs, and looks at the server's own tables."""
        rng = random.Random(self.seed)
        control = None
        while time.monotonic() < self.end and not self.broken:
            time.sleep(rng.uniform(0.005, 0.05))
            if not self.disturbs:
                continue
            victim = self.connections.get(rng.randrange(len(clients)))
            try:
                if control is None or control.closed:
                    control = psycopg2.connect(self.dsn)
                    control.autocommit = True
                what = rng.random()
                if what < 0.3 and victim is not None and not victim.closed:
                    victim.cancel()
                elif what < 0.4 and victim is not None and not victim.closed:
                    sock = socket.fromfd(victim.fileno(), socket.AF_INET, socket.SOCK_STREAM)
                    sock.shutdown(socket.SHUT_RDWR)
                    sock.close()
                else:
                    with control.cursor() as cursor:
                        cursor.execute("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
                        pids = [row[0] for row in cursor.fetchall()]
                        cursor.execute("SELECT count(*) FROM pg_locks")
                        if what < 0.5 and pids:
                            cursor.execute("SELECT pg_terminate_backend(%s)", (rng.choice(pids),))
            except (psycopg2.Error, OSError, ValueError) as error:
                if not self.alive():
                    self.broken = f"the server is gone: {error}"
                control = None


def check(dsn):
    """What must hold when all is over; the list of what does not."""
    wrong = []
    connection = psycopg2.connect(dsn)
    connection.autocommit = True
    cursor = connection.cursor()

    def ask(sql):
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else None

    def expect(what, sql, answer):
        got = ask(sql)
        if got != answer:
            wrong.append(f"{what}: {got}, not {answer}")

    expect("sum of the accounts", "SELECT sum(balance), count(*) FROM account", [(ACCOUNTS * START, ACCOUNTS)])
    expect("children without a parent", "SELECT c.* FROM child c LEFT JOIN parent p ON p.id = c.p WHERE p.id IS NULL AND c.p IS NOT NULL", [])
    expect("soft references into nothing", "SELECT c.* FROM soft c LEFT JOIN parent p ON p.id = c.p WHERE p.id IS NULL AND c.p IS NOT NULL", [])
    expect("codes twice", "SELECT code FROM parent GROUP BY code HAVING count(*) > 1", [])
    expect("locks left over", "SELECT count(*) FROM pg_locks WHERE pid <> pg_backend_pid()", [(0,)])
    # The same questions by index and by table.
    ask("CREATE INDEX IF NOT EXISTS account_balance ON account (balance)")
    for table, column, shown in (("account", "balance", "id"), ("child", "p", "id"), ("parent", "code", "id")):
        values = [row[0] for row in ask(f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL")]
        every = ask(f"SELECT {column} + 0, {shown} FROM {table} WHERE {column} IS NOT NULL ORDER BY 1, 2")
        found = []
        for value in sorted(values):
            found += ask(f"SELECT {column}, {shown} FROM {table} WHERE {column} = {value} ORDER BY 2")
        if every != found:
            wrong.append(f"index of {table}.{column}: {len(found)} rows, the table has {len(every)}")
    every = ask("SELECT balance / 10, id FROM account WHERE (id + 0) % 2 = 1 ORDER BY 1, 2")
    found = []
    for value in sorted({row[0] for row in every}):
        found += ask(f"SELECT balance / 10, id FROM account WHERE id % 2 = 1 AND balance / 10 = {value} ORDER BY 2")
    if every != found:
        wrong.append(f"partial index of expressions: {len(found)} rows, the table has {len(every)}")
    tally = dict(ask("SELECT k, n FROM tally"))
    connection.close()
    return wrong, tally


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lathed", help="starts this server")
    parser.add_argument("--port", type=int, help="a running server")
    parser.add_argument("--clients", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="only these kinds of transactions, with commas")
    parser.add_argument("--calm", action="store_true", help="nobody is cancelled or cut off")
    options = parser.parse_args()
    server = None if options.port else Server(options.lathed).start()
    run = Run(options, server)
    try:
        control = psycopg2.connect(run.dsn)
        control.autocommit = True
        with control.cursor() as cursor:
            cursor.execute(SETUP)
        control.close()
        clients = [Client(run, number) for number in range(options.clients)]
        for client in clients:
            client.start()
        run.disturb(clients)
        for client in clients:
            client.join(60)
            if client.is_alive():
                run.broken = run.broken or f"client {client.number} hangs"
        wrong = [run.broken] if run.broken else []
        if run.alive():
            # Sessions of broken connections end when the server notices.
            for _ in range(200):
                more, tally = check(run.dsn)
                if not any(text.startswith("locks") for text in more):
                    break
                time.sleep(0.05)
            wrong += more
            # Told as done means done; a client that was cut off does not know.
            for k, n in run.counts.items():
                if tally.get(k, 0) < n:
                    wrong.append(f"tally {k}: {tally.get(k, 0)}, but {n} were told as done")
        done = sum(client.done for client in clients)
        print(f"{done} transactions, {sum(client.failed for client in clients)} failed; codes {dict(sorted(run.codes.items()))}")
        for text in wrong:
            print("WRONG: " + str(text))
        if wrong and server is not None:
            print("".join(server.log[-60:]))
    finally:
        if server is not None:
            try:
                server.__exit__()
            except RuntimeError as error:
                print(error)
                wrong = [str(error)]
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
