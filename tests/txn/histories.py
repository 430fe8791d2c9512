#!/usr/bin/python3
"""Concurrent clients whose histories can be checked, with the server killed in between.

    histories.py --lathed BUILD/bin/lathed --history DIR [--transactions 20000] [--kills 3] [--level SERIALIZABLE]

Each transaction appends numbers to lists and reads lists (as in Kingsbury and Alvaro, "Elle", VLDB 2020), or moves money between accounts
and reads them all. DIR/history.jsonl gets one line per transaction; README.md has its format. Checked here, after the last
restart: what was told as done is there, what was refused is not, no transaction is there by half, the sum of the accounts
was the same in every read. Orders of transactions are for the checker of histories.
"""
import argparse
import json
import multiprocessing
import os
import random
import shutil
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
sys.path.insert(0, HERE)

from client import Connection, Failed, Lost  # noqa: E402
from server import Server  # noqa: E402

ACTIVE_KEYS = 8  # lists that are appended to at a time
PER_KEY = 60  # appends after which a list is left alone
ACCOUNTS, BALANCE = 16, 100
RETRY = ("40001", "40P01", "23505")

SETUP = f"""CREATE TABLE lists (k int PRIMARY KEY, other int NOT NULL, v text NOT NULL);
CREATE INDEX lists_other ON lists (other);
CREATE TABLE bank (id int PRIMARY KEY, balance int NOT NULL);
INSERT INTO bank SELECT g, {BALANCE} FROM generate_series(1, {ACCOUNTS}) g;"""


class Worker:
    """A process with several connections, used in turns statement by statement so that their transactions overlap."""

    def __init__(self, number, options, shared):
        self.number, self.options, self.shared = number, options, shared
        self.random = random.Random(options.seed * 7919 + number)
        self.serial = 0
        self.lines = []

    def key(self):
        # The lists move on with the number of transactions done by all.
        base = self.shared.done.value // (PER_KEY * ACTIVE_KEYS // 2) * ACTIVE_KEYS
        if self.options.disjoint:
            base += (self.number + 1) * 10000000
        return base + self.random.randrange(ACTIVE_KEYS)

    def value(self):
        self.serial += 1
        return self.serial * 64 + self.number

    def plan(self):
        """The operations of a transaction."""
        if self.random.random() < self.options.bank:
            if self.random.random() < 0.3:
                return [["balances", None]]
            a, b = self.random.sample(range(1, ACCOUNTS + 1), 2)
            return [["transfer", a, b, self.random.randint(1, 5)]]
        ops = []
        for _ in range(self.random.randint(1, 4)):
            if self.random.random() < 0.5:
                ops.append(["append", self.key(), self.value()])
            else:
                ops.append(["r", self.key(), None])
        return ops

    def statements(self, op):
        if op[0] == "append":
            _, key, value = op
            if self.random.random() < 0.5:
                return (f"INSERT INTO lists VALUES ({key}, {key}, '{value}') "
                        f"ON CONFLICT (k) DO UPDATE SET v = lists.v || ',{value}'")
            # Through the other index, and by hand: a list that is not there yet is a phantom.
            return (f"UPDATE lists SET v = v || ',{value}' WHERE other = {key};"
                    f"INSERT INTO lists SELECT {key}, {key}, '{value}' WHERE NOT EXISTS (SELECT FROM lists WHERE other = {key})")
        if op[0] == "r":
            return f"SELECT v FROM lists WHERE {self.random.choice(['k', 'other', 'k'])} = {op[1]}"
        if op[0] == "balances":
            return "SELECT sum(balance) FROM bank"
        _, a, b, amount = op
        return (f"UPDATE bank SET balance = balance - {amount} WHERE id = {a};"
                f"UPDATE bank SET balance = balance + {amount} WHERE id = {b}")

    def transaction(self, process):
        """Runs one transaction on a connection; a generator that stops between statements."""
        connection = None
        while True:
            if connection is None:
                try:
                    connection = Connection(self.shared.port.value)
                except (Lost, Failed):
                    yield
                    time.sleep(0.02)
                    continue
            ops = self.plan()
            line = {"process": process, "ops": ops, "start": time.monotonic_ns()}
            sent_commit = False
            try:
                level = f"BEGIN ISOLATION LEVEL {self.options.level};"
                if self.random.random() < 0.3:
                    # All in one message.
                    sent_commit = True
                    parts = [self.statements(op) for op in ops]
                    results = connection.query(level + ";".join(parts) + ";COMMIT")
                    at = 1
                    for op, text in zip(ops, parts):
                        count = len([part for part in text.split(";") if part])
                        self.note(op, results[at])
                        at += count
                else:
                    connection.query(level)
                    yield
                    for op in ops:
                        self.note(op, connection.query(self.statements(op))[0])
                        yield
                    sent_commit = True
                    connection.query("COMMIT")
                line["type"] = "ok"
            except Failed as error:
                if error.code not in RETRY:
                    self.shared.unexpected.value += 1
                    print(f"unexpected: {error} in {ops}", file=sys.stderr)
                line["type"], line["error"] = "fail", error.code
                try:
                    connection.query("ROLLBACK")
                except (Lost, Failed):
                    connection = None
            except Lost:
                line["type"] = "info" if sent_commit else "fail"
                connection.close()
                connection = None
            line["end"] = time.monotonic_ns()
            if line["type"] == "info":
                line["end"] = None
                process += 1000  # whoever does not know its outcome does not go on
            self.lines.append(line)
            with self.shared.done.get_lock():
                self.shared.done.value += 1
            yield

    @staticmethod
    def note(op, rows):
        if op[0] == "r":
            op[2] = [int(value) for value in rows[0][0].split(",")] if rows else []
        elif op[0] == "balances":
            op[1] = int(rows[0][0])

    def run(self):
        running = [self.transaction(self.number * 100 + i) for i in range(self.options.connections)]
        with open(os.path.join(self.options.history, f"worker{self.number}.jsonl"), "w") as file:
            while not self.shared.stop.value:
                # A statement may wait for another connection of this process: locks are taken in turns of one
                # connection only when one process has one connection.
                next(self.random.choice(running))
                if len(self.lines) > 500:
                    self.flush(file)
            self.flush(file)

    def flush(self, file):
        file.write("".join(json.dumps(line) + "\n" for line in self.lines))
        self.lines.clear()


class Shared:
    """What the processes share."""

    def __init__(self):
        self.port = multiprocessing.Value("i", 0)
        self.stop = multiprocessing.Value("i", 0)
        self.done = multiprocessing.Value("l", 0)
        self.unexpected = multiprocessing.Value("i", 0)


def check(lines, lists, total):
    """What is wrong, given all lines, the lists in the end, and the sum of the accounts in the end."""
    wrong = []
    present = {key: set(values) for key, values in lists.items()}
    for key, values in lists.items():
        if len(values) != len(present[key]):
            wrong.append(f"list {key} has a value twice")
    for line in lines:
        found = [op[2] in present.get(op[1], ()) for op in line["ops"] if op[0] == "append"]
        if line["type"] == "ok" and not all(found):
            wrong.append(f"lost: {line}")
        elif line["type"] == "fail" and any(found):
            wrong.append(f"refused, but there: {line}")
        elif line["type"] == "info" and any(found) and not all(found):
            wrong.append(f"there by half: {line}")
        for op in line["ops"]:
            if op[0] == "balances" and line["type"] == "ok" and op[1] != ACCOUNTS * BALANCE:
                wrong.append(f"a sum of {op[1]}: {line}")
    if total != ACCOUNTS * BALANCE:
        wrong.append(f"the accounts are {total} together in the end")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lathed", required=True)
    parser.add_argument("--history", required=True, help="directory, made if it is not there")
    parser.add_argument("--transactions", type=int, default=20000)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--level", default="SERIALIZABLE")
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--connections", type=int, default=1, help="per process; with more than one, waits may time out")
    parser.add_argument("--bank", type=float, default=0.1, help="share of transactions on the accounts")
    parser.add_argument("--disjoint", action="store_true", help="each process has its own lists: none may be refused")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--checker", help="program that checks the history: --model list-append FILE")
    options = parser.parse_args()
    os.makedirs(options.history, exist_ok=True)
    data = os.path.join(options.history, "data")
    shutil.rmtree(data, ignore_errors=True)
    shared = Shared()
    server = Server(options.lathed, data).start()
    shared.port.value = server.port
    Connection(server.port).query(SETUP)
    if options.disjoint:
        # Small tables are read whole, which conflicts with every writer.
        Connection(server.port).query("INSERT INTO lists SELECT -g, -g, '' FROM generate_series(1, 20000) g; ANALYZE lists")
    workers = [multiprocessing.Process(target=Worker(number, options, shared).run) for number in range(options.processes)]
    for worker in workers:
        worker.start()
    rng = random.Random(options.seed)
    slowest = 0
    for kill in range(options.kills):
        goal = options.transactions * (kill + rng.random() * 0.9) / (options.kills + 1)
        while shared.done.value < goal:
            time.sleep(0.005)
        server.kill()
        began = time.monotonic()
        server = Server(options.lathed, data).start()
        slowest = max(slowest, time.monotonic() - began)
        shared.port.value = server.port
    while shared.done.value < options.transactions:
        time.sleep(0.01)
    shared.stop.value = 1
    for worker in workers:
        worker.join(90)
    # Once more from the disk.
    server.kill()
    server = Server(options.lathed, data).start()
    connection = Connection(server.port)
    lists = {int(key): [int(value) for value in values.split(",")]
             for key, values in connection.query("SELECT k, v FROM lists WHERE k >= 0")[0]}
    by_index = {int(key) for (key,) in connection.query("SELECT other FROM lists WHERE other >= 0")[0]}
    total = int(connection.query("SELECT sum(balance) FROM bank")[0][0][0])
    connection.close()
    server.stop()
    lines = []
    for number in range(options.processes):
        with open(os.path.join(options.history, f"worker{number}.jsonl")) as file:
            lines += [json.loads(line) for line in file]
    now = time.monotonic_ns()
    for key, values in sorted(lists.items()):
        lines.append({"process": 999999, "ops": [["r", key, values]], "start": now, "end": now + 1, "type": "ok"})
        now += 2
    lines.sort(key=lambda line: line["start"])
    path = os.path.join(options.history, "history.jsonl")
    with open(path, "w") as file:
        for line in lines:
            # The accounts are checked here; a checker of lists gets lists.
            if line["ops"][0][0] in ("append", "r"):
                file.write(json.dumps(line) + "\n")
    wrong = check(lines, lists, total)
    if by_index != set(lists):
        wrong.append("the index has other lists than the table")
    if options.disjoint and (refused := sum(line.get("error") == "40001" for line in lines)):
        wrong.append(f"{refused} transactions without a conflict were refused")
    if shared.unexpected.value:
        wrong.append(f"{shared.unexpected.value} unexpected errors")
    types = {}
    for line in lines:
        name = line["type"] + (" " + line["error"] if "error" in line else "")
        types[name] = types.get(name, 0) + 1
    print(f"{len(lines)} transactions {dict(sorted(types.items()))}, {len(lists)} lists, {options.kills} kills, "
          f"slowest restart {slowest:.2f} s")
    for text in wrong[:20]:
        print("WRONG: " + text)
    shutil.rmtree(data, ignore_errors=True)
    code = 1 if wrong else 0
    if options.checker:
        code |= os.spawnv(os.P_WAIT, options.checker, [options.checker, "--model", "list-append", "--realtime", path])
    return code


if __name__ == "__main__":
    sys.exit(main())
