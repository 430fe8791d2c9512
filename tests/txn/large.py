#!/usr/bin/python3
"""Large transactions beside small ones, folds and kill -9; then looks whether what must hold still holds.

    large.py --lathed BUILD/bin/lathed [--seconds 20] [--seed 1] [--rows 5000] [--memory 256kB] [--kill-every 6]

Transactions change more than the server keeps in memory for one (--memory), so that their rows are written as pages,
loaded and merged while others lock, read and fold the same tables. README.md says what must hold.
"""
import argparse
import collections
import io
import os
import random
import sys
import threading
import time

import psycopg2

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))

from server import Server  # noqa: E402

GROUPS = 40
BLOCKS = 40
REGIONS = "abcd"
# What a client may be told while others do what they like.
EXPECTED = {"23505", "40001", "40P01", "55P03", "53200", "57014", "57P01", "42P07", "42P01", "42704"}


def setup(rows):
    """The tables: accounts whose v sum to 0, blocks of rows 1..n, and regions between which rows move."""
    return f"""
CREATE TABLE account (id int PRIMARY KEY, grp int, v bigint, pad text);
INSERT INTO account SELECT i, i % {GROUPS}, 0, repeat('p', 80 + i % 50) FROM generate_series(0, {rows - 1}) i;
CREATE INDEX account_grp ON account (grp);
CREATE TABLE block (b int, i int, x int, t text, PRIMARY KEY (b, i));
CREATE INDEX block_x ON block (x);
CREATE TABLE visit (region char(1), id int, v bigint, PRIMARY KEY (region, id)) PARTITION BY LIST (region);
{"".join(f"CREATE TABLE visit_{r} PARTITION OF visit FOR VALUES IN ('{r}');" for r in REGIONS)}
INSERT INTO visit SELECT substr('{REGIONS}', 1 + i % {len(REGIONS)}, 1), i, 0 FROM generate_series(0, {rows - 1}) i;
CREATE TABLE side (id int PRIMARY KEY, v bigint, pad text);
CREATE TABLE done (client int, n int, PRIMARY KEY (client, n));
ANALYZE;
"""


class Run:
    """What the threads share."""

    def __init__(self, options, server):
        self.options, self.server = options, server
        self.stop = threading.Event()
        self.counts = collections.Counter()
        self.wrong = []
        self.lock = threading.Lock()

    def connect(self):
        return psycopg2.connect(host="127.0.0.1", port=self.server.port, user="lathe", dbname="lathe")

    def fail(self, *what):
        with self.lock:
            self.wrong.append(" ".join(str(part) for part in what))
        self.stop.set()


class Client(threading.Thread):
    """One client: work(cursor) again and again until the time is over."""

    def __init__(self, run, number):
        super().__init__(daemon=True)
        self.run_state, self.number = run, number
        self.random = random.Random(run.options.seed * 1000 + number)
        self.connection = None
        self.next = 0  # number of the next transaction that leaves a row in "done"
        self.told = []  # numbers that were told as committed

    def run(self):
        run = self.run_state
        while not run.stop.is_set():
            try:
                if self.connection is None:
                    self.connection = run.connect()
                run.counts[self.work(self.connection.cursor())] += 1
            except psycopg2.Error as error:
                self.recover(error)
            except AssertionError as error:
                run.fail(type(self).__name__, error)

    def recover(self, error):
        if error.pgcode is None or self.connection is None or self.connection.closed:
            # The server is being restarted.
            self.connection = None
            time.sleep(0.05)
            return
        if error.pgcode not in EXPECTED:
            self.run_state.fail(type(self).__name__, error.pgcode, error)
        self.run_state.counts[error.pgcode] += 1
        try:
            self.connection.rollback()
        except psycopg2.Error:
            self.connection = None

    def work(self, cursor):
        raise NotImplementedError


class Large(Client):
    """Transactions of thousands of rows."""

    def work(self, cursor):
        kinds = [self.shift, self.undone, self.move_out_and_in, self.regroup, self.rewrite, self.refill, self.copy,
                 self.savepoint, self.rename, self.conflict, self.upsert, self.travel]
        kind = self.random.choice(kinds)
        kind(cursor)
        if self.random.random() < 0.15:
            self.connection.rollback()
            return kind.__name__ + " rolled back"
        number, self.next = self.next, self.next + 1
        cursor.execute("INSERT INTO done VALUES (%s, %s)", (self.number, number))
        self.connection.commit()
        self.told.append(number)
        return kind.__name__

    def part(self):
        """A modulus and a remainder: that share of the rows."""
        modulus = self.random.choice([2, 3, 5])
        return modulus, self.random.randrange(modulus)

    def shift(self, cursor):
        part = self.part()
        cursor.execute("UPDATE account SET v = v + 7 WHERE id %% %s = %s", part)
        cursor.execute("UPDATE account SET v = v - 7 WHERE id %% %s = %s", part)

    def undone(self, cursor):
        cursor.execute("UPDATE account SET v = v + 7, pad = pad || 'x'")
        self.connection.rollback()

    def move_out_and_in(self, cursor):
        cursor.execute("CREATE TEMP TABLE keep (LIKE account) ON COMMIT DROP")
        # Whoever has seen the rows that go would pass over those that take their place.
        cursor.execute("LOCK TABLE account IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute("WITH d AS (DELETE FROM account WHERE grp = %s RETURNING *) INSERT INTO keep SELECT * FROM d",
                       (self.random.randrange(GROUPS),))
        count = cursor.rowcount
        cursor.execute("INSERT INTO account SELECT * FROM keep")
        assert cursor.rowcount == count, f"{count} rows kept, {cursor.rowcount} put back"

    def regroup(self, cursor):
        cursor.execute("UPDATE account SET grp = (grp + 1) %% %s WHERE grp %% %s = %s", (GROUPS, *self.part()))

    def rewrite(self, cursor):
        low = self.random.randrange(self.run_state.options.rows)
        cursor.execute("UPDATE account SET pad = repeat(%s, %s) WHERE id BETWEEN %s AND %s",
                       (self.random.choice("efgh"), self.random.randrange(20, 300), low, low + self.run_state.options.rows // 4))

    def rows_of_block(self):
        return self.random.choice([1, 10, 100]) * self.run_state.options.rows // 50

    def refill(self, cursor):
        block = self.random.randrange(1, BLOCKS)
        cursor.execute("DELETE FROM block WHERE b = %s", (block,))
        if self.random.random() < 0.7:
            cursor.execute("INSERT INTO block SELECT %s, i, i * 7 %% 1000, repeat('z', i %% 200) FROM generate_series(1, %s) i",
                           (block, self.rows_of_block()))

    def copy(self, cursor):
        block, rows = self.random.randrange(1, BLOCKS), list(range(1, self.rows_of_block() + 1))
        if self.random.random() < 0.4:
            self.random.shuffle(rows)
        cursor.execute("DELETE FROM block WHERE b = %s", (block,))
        text = "".join(f"{block}\t{i}\t{i * 7 % 1000}\t{'z' * (i % 200)}\n" for i in rows)
        cursor.copy_expert("COPY block FROM STDIN", io.StringIO(text))

    def savepoint(self, cursor):
        modulus, rest = self.part()
        cursor.execute("UPDATE account SET pad = 'q' || left(pad, 60) WHERE id %% %s = %s", (modulus, rest))
        cursor.execute("SAVEPOINT a")
        cursor.execute("UPDATE account SET v = v + 1, grp = (grp + 3) %% %s WHERE id %% 5 = %s", (GROUPS, rest))
        cursor.execute("ROLLBACK TO a")
        cursor.execute("UPDATE account SET v = v - 3 WHERE id %% 7 = %s", (rest,))
        cursor.execute("UPDATE account SET v = v + 3 WHERE id %% 7 = %s", (rest,))

    def rename(self, cursor):
        cursor.execute("UPDATE block SET b = b + %s WHERE b = %s", (BLOCKS, self.random.randrange(1, BLOCKS)))
        cursor.execute("DELETE FROM block WHERE b > %s", (BLOCKS,))

    def conflict(self, cursor):
        cursor.execute("INSERT INTO block SELECT b, i, x, t FROM block WHERE b = %s"
                       " ON CONFLICT (b, i) DO UPDATE SET t = block.t || 'y', x = block.x", (self.random.randrange(1, BLOCKS),))
        if self.random.random() < 0.3:
            cursor.execute("UPDATE block SET t = left(t, 100)")

    def upsert(self, cursor):
        cursor.execute("INSERT INTO side SELECT id, v, pad FROM account WHERE grp = %s"
                       " ON CONFLICT (id) DO UPDATE SET v = excluded.v", (self.random.randrange(GROUPS),))
        if self.random.random() < 0.3:
            cursor.execute("TRUNCATE side")

    def travel(self, cursor):
        start, end = self.random.sample(REGIONS, 2)
        cursor.execute("UPDATE visit SET region = %s, v = v + 1 WHERE region = %s AND id %% %s = %s", (end, start, *self.part()))
        count = cursor.rowcount
        cursor.execute("SELECT count(*) FROM visit WHERE region = %s", (start,))
        assert count >= 0 and cursor.fetchone()[0] >= 0


class Small(Client):
    """Two rows at a time."""

    def work(self, cursor):
        one, two = self.random.sample(range(self.run_state.options.rows), 2)
        amount = self.random.randrange(1, 100)
        for row, by in sorted([(one, -amount), (two, amount)]):
            cursor.execute("UPDATE account SET v = v + %s WHERE id = %s", (by, row))
            assert cursor.rowcount == 1, f"row {row} is there {cursor.rowcount} times"
        self.connection.commit()
        return "small"


class Reader(Client):
    """Looks at what must hold, in one snapshot."""

    def work(self, cursor):
        for text in check(cursor, self.run_state.options.rows, self.random):
            self.run_state.fail("reader:", text)
        self.connection.rollback()
        return "read"


class Keeper(Client):
    """VACUUM, ANALYZE and REINDEX."""

    def work(self, cursor):
        self.connection.autocommit = True
        cursor.execute(self.random.choice(["VACUUM account", "VACUUM block", "VACUUM visit", "VACUUM FULL side", "REINDEX TABLE account",
                                           "ANALYZE account"]))
        time.sleep(0.1)
        return "keep"


def check(cursor, rows, choose):
    """What is wrong in one snapshot, as a list of texts."""
    wrong = []

    def ask(text, *values):
        cursor.execute(text, values)
        return cursor.fetchall()

    def same(what, one, two):
        if one != two:
            wrong.append(f"{what}: {str(one)[:200]}, not {str(two)[:200]}")

    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    same("accounts and their sum", ask("SELECT count(*), sum(v) FROM account"), [(rows, 0)])
    group = choose.randrange(GROUPS)
    same(f"index of group {group}", ask("SELECT id, v FROM account WHERE grp = %s ORDER BY id", group),
         ask("SELECT id, v FROM account WHERE grp + 0 = %s ORDER BY id", group))
    points = sorted(choose.sample(range(rows), 20))
    same("keys", ask("SELECT id FROM account WHERE id = ANY (%s) ORDER BY id", points), [(p,) for p in points])
    for block, count, total, last in ask("SELECT b, count(*), sum(i::bigint), max(i) FROM block GROUP BY b"):
        same(f"block {block}", (count, total), (last, last * (last + 1) // 2))
    value = choose.randrange(1000)
    same(f"index of x {value}", ask("SELECT b, i FROM block WHERE x = %s ORDER BY b, i", value),
         ask("SELECT b, i FROM block WHERE x + 0 = %s ORDER BY b, i", value))
    same("visits", ask("SELECT count(*), count(DISTINCT id) FROM visit"), [(rows, rows)])
    region = choose.choice(REGIONS)
    same(f"region {region}", ask("SELECT count(*), sum(v) FROM visit WHERE region = %s", region),
         ask(f"SELECT count(*), sum(v) FROM visit_{region} WHERE region || '' = %s", region))
    return wrong


def crash(run, clients):
    """kill -9, a restart, and a look at what was told as committed before."""
    told = {(client.number, number) for client in clients if isinstance(client, Large) for number in client.told[:]}
    run.server.kill()
    run.server.start()
    connection = run.connect()
    cursor = connection.cursor()
    for text in check(cursor, run.options.rows, random.Random(run.counts["read"])):
        run.fail("after kill -9:", text)
    cursor.execute("SELECT client, n FROM done")
    for lost in sorted(told - set(cursor.fetchall()))[:10]:
        run.fail("told as committed, lost: client and number", lost)
    connection.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lathed", required=True, help="the server to start")
    parser.add_argument("--data-dir", help="its directory; default: one that goes afterwards")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--memory", default="256kB", help="--transaction-memory of the server")
    parser.add_argument("--kill-every", type=float, default=6, help="seconds; 0 = never")
    parser.add_argument("--threads", default="llssrrk", help="a letter per client: large, small, reader, keeper")
    options = parser.parse_args()
    kinds = {"l": Large, "s": Small, "r": Reader, "k": Keeper}
    with Server(options.lathed, options.data_dir, [f"--transaction-memory={options.memory}"]) as server:
        run = Run(options, server)
        connection = run.connect()
        connection.autocommit = True
        connection.cursor().execute(setup(options.rows))
        connection.close()
        clients = [kinds[letter](run, number) for number, letter in enumerate(options.threads)]
        for client in clients:
            client.start()
        end, choose = time.monotonic() + options.seconds, random.Random(options.seed)
        while not run.stop.is_set() and time.monotonic() < end:
            run.stop.wait(min(choose.uniform(0.5, 1.5) * (options.kill_every or options.seconds), end - time.monotonic()))
            if server.process.poll() is not None:
                run.fail("the server ended by itself with", server.process.returncode)
            elif options.kill_every and not run.stop.is_set():
                crash(run, clients)
        run.stop.set()
        for client in clients:
            client.join(60)
            if client.is_alive():
                run.wrong.append(f"client {client.number} hangs")
        print(dict(sorted(run.counts.items())))
        for text in run.wrong:
            print("WRONG: " + text)
        if run.wrong:
            print("".join(server.log[-60:]))
    return 1 if run.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
