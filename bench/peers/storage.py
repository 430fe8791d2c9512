"""tools/bench storage: what writes cost readers, space and restarts. Lathe alone.

  updates   1 % of lineitem updated at random while Q1 and Q6 run; the same queries before and after
  hot       the same 1,000 rows updated again and again, then once more with a snapshot held open
  backup    throughput with and without an online backup; the restored copy's rows against the backup's
  restart   kill -9 under full load, time to the first answer
  tpcb      pgbench's own load: what is written for a transaction
  bulk      UPDATE, DELETE, rollback and CREATE TABLE AS of all of lineitem: time and peak memory
  kill      kill -9 amid such statements
"""

import decimal
import os
import random
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

from peers import measure, point, servers
from peers.workspace import copy_in

UPDATE = ("\\set i random(0, {last})\n\\set k (:i / 8) * 32 + mod(:i, 8) + 1\n"
          "UPDATE lineitem SET l_quantity = l_quantity + 1 WHERE l_orderkey = :k AND l_linenumber = 1;\n")
HOT = "UPDATE hot SET v = v + 1;\n"
SUM = "SELECT count(*), sum(l_quantity), sum(l_tax) FROM lineitem"
PARTS = ("updates", "tpcb", "hot", "backup", "restart", "bulk", "kill")


def arguments(parser):
    parser.add_argument("--sf", type=float, default=1, help="scale factor of lineitem (default 1)")
    parser.add_argument("--only", default=",".join(PARTS), help="parts, comma-separated (default all)")
    parser.add_argument("--transactions", type=int, default=100000, help="of each hot run (default 100000)")
    parser.add_argument("--kills", type=int, default=9, help="how often the part kill does it (default 9)")
    parser.add_argument("--seconds", type=int, default=20, help="of a load before it is killed (default 20)")


class Storage:
    """A server that may be killed and started again on its directory."""

    def __init__(self, workspace, options):
        self.workspace, self.options = workspace, options
        self.server, self.table, self.results = None, [], {}

    def start(self, directory=None, *more):
        options = ["--admin-listen", f"127.0.0.1:{self.admin}", *self.options.lathed_arg, *more]
        self.server = servers.Lathed(self.workspace.program("lathed"), directory, arguments=options)
        return self.server

    def run(self):
        self.admin = servers.free_port()
        directory = tempfile.mkdtemp(prefix="lathe-bench-")  # outlives the servers on it
        try:
            connection = self.start(directory).connect()
            connection.cursor().execute(self.workspace.schema(self.options.sf, "lineitem"))
            copy_in(connection, "lineitem", self.workspace.data(self.options.sf, "lineitem"))
            connection.cursor().execute("ANALYZE lineitem")
            connection.close()
            for part in self.options.only.split(","):
                getattr(self, part)()
        finally:
            if self.server is not None:
                self.server.close()
            shutil.rmtree(directory, ignore_errors=True)
        measure.print_table(["", "measured", ""], self.table)
        return {"sf": self.options.sf, **self.results}

    def note(self, name, value, unit):
        self.table.append([name, value, unit])
        self.results[name] = value

    # ---- What is measured

    def memory(self, field="VmRSS"):
        with open(f"/proc/{self.server.process.pid}/status", encoding="ascii") as file:
            return int(re.search(field + r":\s+(\d+)", file.read()).group(1)) / 1024

    def disk(self):
        total = 0
        for folder, _, files in os.walk(os.path.join(self.server.directory, "data")):
            for name in files:
                try:
                    total += os.path.getsize(os.path.join(folder, name))
                except OSError:
                    pass  # gone meanwhile
        return total / 2**20

    def written(self):
        with open(f"/proc/{self.server.process.pid}/io", encoding="ascii") as file:
            return int(re.search(r"write_bytes: (\d+)", file.read()).group(1)) / 2**20

    def row_bytes(self, table):
        """What a row of the table is worth: the bytes of its text form, on average."""
        connection = self.server.connect()
        cursor = connection.cursor()
        cursor.execute(f"SELECT avg(octet_length(r::text)) FROM (SELECT * FROM {table} LIMIT 10000) r")
        value = float(cursor.fetchone()[0])
        connection.close()
        return value

    def time_of(self, sql, rounds=5):
        connection = self.server.connect()
        times = []
        for _ in range(rounds):
            start = time.perf_counter()
            connection.cursor().execute(sql)
            times.append((time.perf_counter() - start) * 1000)
        connection.close()
        return measure.median(times)

    def script(self, text):
        path = self.workspace.result("storage.sql")
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        return path

    def updates_script(self):
        return self.script(UPDATE.format(last=int(1500000 * self.options.sf) - 1))

    # ---- Parts

    def updates(self):
        queries = {"Q1": self.workspace.query(1), "Q6": self.workspace.query(6)}
        path = self.updates_script()
        for sql in queries.values():
            self.time_of(sql)
        time.sleep(10)  # what the load has left to do
        for name, sql in queries.items():
            self.note(f"updates: {name} before", self.time_of(sql, 9), "ms")
        before, worst = self.written(), dict.fromkeys(queries, 0)
        count = int(60000 * self.options.sf)
        load = threading.Thread(target=point.pgbench, args=(
            self.server, "-n", "-M", "prepared", "-c", 8, "-t", count // 8, "-f", path))
        load.start()
        while load.is_alive():
            for name, sql in queries.items():
                worst[name] = max(worst[name], self.time_of(sql, 3))
        load.join()
        at_once = {name: self.time_of(sql, 1) for name, sql in queries.items()}
        for name in queries:
            self.note(f"updates: {name} meanwhile, slowest median of 3", worst[name], "ms")
            self.note(f"updates: {name} right after", at_once[name], "ms")
        time.sleep(10)
        for name, sql in queries.items():
            self.note(f"updates: {name} 10 s later", self.time_of(sql, 9), "ms")
        written = (self.written() - before) * 2**20 / count
        self.note("updates: written for one row", written / 1024, "KiB")
        self.note("updates: write amplification", written / self.row_bytes("lineitem"),
                  "device bytes for a byte of the row's text")

    def tpcb(self):
        point.pgbench(self.server, "-i", "-q", "-s", 10)
        time.sleep(5)
        before = self.written()
        output = point.pgbench(self.server, "-n", "-M", "prepared", "-c", 8, "-T", 30)
        count = int(re.search(r"actually processed: ([0-9]+)", output).group(1))
        time.sleep(10)  # the folds
        written = (self.written() - before) * 2**20 / count
        rows = sum(self.row_bytes("pgbench_" + name) for name in ("accounts", "tellers", "branches", "history"))
        self.note("TPC-B-like: written for one transaction", written / 1024, "KiB")
        self.note("TPC-B-like: write amplification", written / rows, "device bytes for a byte of its four rows' text")

    def hot(self):
        path, sql = self.script(HOT), "SELECT count(*), sum(v) FROM hot"
        connection = self.server.connect()
        cursor = connection.cursor()
        cursor.execute("DROP TABLE IF EXISTS hot; CREATE TABLE hot (id int PRIMARY KEY, v bigint, pad text)")
        cursor.execute("INSERT INTO hot SELECT g, 0, repeat('x', 60) FROM generate_series(1, 1000) g")
        self.note("hot: scan of the new table", self.time_of(sql, 101) * 1000, "us")
        for what in ("alone", "snapshot open"):
            holder = self.server.connect()
            if what != "alone":
                holder.cursor().execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
                held = holder.cursor()
                held.execute(sql)
                seen = held.fetchall()
            before, memory, disk = self.memory(), 0, 0
            begin = time.perf_counter()
            load = threading.Thread(target=point.pgbench, args=(
                self.server, "-n", "-M", "prepared", "-c", 1, "-t", self.options.transactions, "-f", path))
            load.start()
            while load.is_alive():
                memory, disk = max(memory, self.memory()), max(disk, self.disk())
                load.join(1)
            self.note(f"hot, {what}: transactions of 1,000 rows",
                      self.options.transactions / (time.perf_counter() - begin), "a second")
            self.note(f"hot, {what}: memory before, most", f"{before:.0f}, {memory:.0f}", "MiB")
            self.note(f"hot, {what}: disk, most", disk, "MiB")
            if what != "alone":
                held.execute(sql)
                if held.fetchall() != seen:
                    raise servers.ServerError("the snapshot has changed")
                holder.rollback()
                holder.cursor().execute("COMMIT")
            holder.close()
            time.sleep(3)
            self.note(f"hot, {what}: scan afterwards", self.time_of(sql, 101) * 1000, "us")
        cursor.execute("SELECT min(v), max(v), count(*) FROM hot")
        if cursor.fetchone() != (str(2 * self.options.transactions),) * 2 + ("1000",):
            raise servers.ServerError("updates were lost")
        connection.close()

    def lathe(self, *words):
        done = subprocess.run([self.workspace.program("lathe"), *words], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise servers.ServerError(f"lathe {' '.join(words)}: {done.stdout}")
        return done.stdout

    def backup(self):
        path, admin = self.updates_script(), f"127.0.0.1:{self.admin}"
        folder = os.path.join(self.server.directory, "backups")

        def load(seconds):
            output = point.pgbench(self.server, "-n", "-M", "prepared", "-c", 8, "-T", seconds, "-f", path)
            return float(re.search(r"tps = ([0-9.]+)", output).group(1))

        alone, during = [], []
        for _ in range(2):
            alone.append(load(10))
            shutil.rmtree(folder, ignore_errors=True)
            copy = threading.Thread(target=self.lathe, args=("backup", "--to", folder, "--admin", admin))
            copy.start()
            during.append(load(10))
            copy.join()
        self.note("backup: updates without", max(alone), "a second")
        self.note("backup: updates with one", max(during), "a second")
        # One more, of what has changed since, with its hash, under load; restored and hashed again.
        busy = threading.Thread(target=load, args=(8,))
        busy.start()
        time.sleep(1)
        said = self.lathe("backup", "--to", folder, "--admin", admin, "--hash")
        busy.join()
        copy = os.path.join(self.server.directory, "restored")
        restored = self.lathe("restore", "--from", folder, "--to", copy, "--verify")
        hashes = [re.search(r"logical hash (\w+)", text).group(1) for text in (said, restored)]
        self.note("backup: restored rows are the backup's", hashes[0] == hashes[1], hashes[0])
        shutil.rmtree(folder)
        shutil.rmtree(copy)

    def restart(self):
        path = self.updates_script()
        slowest = 0
        for _ in range(3):
            load = subprocess.Popen(["pgbench", "-n", "-M", "prepared", "-c", "16", "-T", "600", "-f", path],
                                    env=self.server.environment(), stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL)
            time.sleep(self.options.seconds)
            self.server.process.send_signal(signal.SIGKILL)
            self.server.process.wait()
            load.wait()
            begin = time.perf_counter()
            self.start(self.server.directory)
            self.time_of("SELECT count(*) FROM lineitem WHERE l_orderkey = 1", 1)
            slowest = max(slowest, time.perf_counter() - begin)
        self.note("restart: first answer after kill -9 under load, slowest of 3", slowest * 1000, "ms")

    def bulk(self):
        directory = self.server.directory
        self.server.close()
        self.start(directory, "--cache-size", "512MB", "--memory-limit", "1GB", "--query-memory-limit", "512MB")
        connection = self.server.connect()
        cursor = connection.cursor()

        def statement(name, *texts, last_alone=False):
            begin, peak, done = time.perf_counter(), [0], threading.Event()

            def watch():
                while not done.wait(0.05):
                    peak[0] = max(peak[0], self.memory())

            watcher = threading.Thread(target=watch)
            watcher.start()
            for text in texts:
                last = time.perf_counter()
                cursor.execute(text)
            end = time.perf_counter()
            done.set()
            watcher.join()
            self.note(f"bulk: {name}", end - begin, f"s, at most {peak[0]:,.0f} MiB resident")
            if last_alone:
                self.note(f"bulk: {name}: {texts[-1]} alone", (end - last) * 1000, "ms")

        cursor.execute(SUM)
        before = cursor.fetchone()
        statement("UPDATE of all rows", "UPDATE lineitem SET l_quantity = l_quantity + 1")
        statement("UPDATE of all rows, rolled back", "BEGIN", "UPDATE lineitem SET l_tax = l_tax + 1", "ROLLBACK",
                  last_alone=True)
        statement("DELETE of all rows, rolled back", "BEGIN", "DELETE FROM lineitem", "ROLLBACK",
                  last_alone=True)
        cursor.execute(SUM)
        after = cursor.fetchone()
        if (after[0], after[2]) != (before[0], before[2]):
            raise servers.ServerError(f"{before} became {after}")
        statement("CREATE TABLE AS", "CREATE TABLE copied AS SELECT * FROM lineitem")
        statement("DELETE of the copy", "DELETE FROM copied")
        cursor.execute("DROP TABLE copied")
        connection.close()

    def kill(self):
        """kill -9 amid statements over every row, at other moments each time: the whole of one or nothing."""
        random.seed(1)
        statements = ("UPDATE lineitem SET l_quantity = l_quantity + 1", "CREATE TABLE copied AS SELECT * FROM lineitem",
                      "DELETE FROM lineitem")
        slowest, whole, rounds = 0, 0, 0
        before = self.sums()
        while rounds < self.options.kills and before[0] > 0:
            text = statements[rounds % len(statements)]
            client = threading.Thread(target=self.until_killed, args=(text,))
            client.start()
            time.sleep(random.uniform(0.1, 4 * self.options.sf))
            self.server.process.send_signal(signal.SIGKILL)
            self.server.process.wait()
            client.join()
            begin = time.perf_counter()
            self.start(self.server.directory)
            self.time_of("SELECT count(*) FROM lineitem WHERE l_orderkey = 1", 1)
            slowest = max(slowest, time.perf_counter() - begin)
            after = self.sums()
            possible = [before]
            if text.startswith("UPDATE"):
                possible.append((before[0], before[1] + before[0], before[2]))
            if text.startswith("DELETE"):
                possible.append((0, 0, 0))
            if after not in possible or self.copied() not in (None, before[0]):
                raise servers.ServerError(f"kill -9 amid {text}: {before} became {after}, copied: {self.copied()}")
            whole += after != before or self.copied() is not None
            self.execute("DROP TABLE IF EXISTS copied")
            before, rounds = after, rounds + 1
        self.note("kill: -9 amid statements over all rows: each whole or not at all", rounds, f"times, {whole} of them whole")
        self.note("kill: first answer afterwards, slowest", slowest * 1000, "ms")

    def execute(self, sql):
        connection = self.server.connect()
        cursor = connection.cursor()
        cursor.execute(sql)
        rows = cursor.fetchall() if cursor.description else []
        connection.close()
        return rows

    def sums(self):
        return tuple(decimal.Decimal(value or 0) for value in self.execute(SUM)[0])

    def copied(self):
        """The rows of the table of that name; None = there is none."""
        if not self.execute("SELECT 1 FROM pg_class WHERE relname = 'copied'"):
            return None
        return decimal.Decimal(self.execute("SELECT count(*) FROM copied")[0][0])

    def until_killed(self, text):
        try:
            connection = self.server.connect()
            connection.cursor().execute(text)
        except Exception:  # the server is gone: that is the point
            pass


def run(workspace, options):
    if not options.no_build:
        workspace.make("lathe")
    return Storage(workspace, options).run()
