#!/usr/bin/python3
"""kill -9 in a loop of commits, loads and folds: after each restart every acknowledged commit is there, none half, no load left over.

    crash_test.py --lathed PATH [--rounds N]      (the ctest runs a few rounds; a long run is --rounds 200)
"""
import argparse
import io
import os
import random
import shutil
import tempfile
import threading
import unittest

import psycopg2

import wire
from wire import Server

LOAD_ROWS = 6000  # enough that COPY writes pages


class Worker(threading.Thread):
    """Commits numbered transactions until the server is gone. After each, both of its tables hold it, or neither."""

    def __init__(self, port, number, first):
        super().__init__(daemon=True)
        self.port, self.number, self.next = port, number, first
        self.acknowledged = []   # ids whose COMMIT was answered
        self.started = set()     # ids that were begun
        self.problem = None

    def run(self):
        try:
            connection = wire.connect(self.port, autocommit=False)
            while True:
                self.one(connection, self.next * 10 + self.number)
                self.next += 1
        except (psycopg2.OperationalError, psycopg2.InterfaceError):
            pass
        except psycopg2.Error as error:
            self.problem = error

    def one(self, connection, number):
        self.started.add(number)
        with connection.cursor() as cursor:
            kind = number // 10 % 4
            if kind == 0:  # a load
                file = io.StringIO("".join(f"{number}\t{i}\tload\n" for i in range(LOAD_ROWS)))
                cursor.copy_expert("COPY parts FROM STDIN", file)
                count = LOAD_ROWS
            else:
                count = 5
                cursor.execute("INSERT INTO parts VALUES " + ", ".join(f"({number}, {i}, 'row')" for i in range(count)))
                if kind == 2:
                    cursor.execute(f"UPDATE parts SET what = 'changed' WHERE id = {number} AND part = 1")
                if kind == 3:
                    cursor.execute(f"DELETE FROM parts WHERE id = {number} AND part = 4")
                    count -= 1
            cursor.execute(f"INSERT INTO whole VALUES ({number}, {count})")
        connection.commit()
        self.acknowledged.append(number)


class Folder(threading.Thread):
    """Folds all the time."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port = port

    def run(self):
        try:
            connection = wire.connect(self.port)
            while True:
                wire.run(connection, "VACUUM parts")
                wire.run(connection, "VACUUM whole")
        except psycopg2.Error:
            pass


class CrashTest(unittest.TestCase):
    def test_rounds(self):
        directory = tempfile.mkdtemp(prefix="lathe-test-")
        self.addCleanup(shutil.rmtree, directory, ignore_errors=True)
        chance = random.Random(wire.options.seed)
        acknowledged, started, next_number = set(), set(), 1
        for number in range(wire.options.rounds):
            server = Server(wire.options.lathed, data_dir=directory).start()
            try:
                self.check(server, acknowledged, started)
                if number % 20 == 19:
                    self.forget(server, acknowledged, started)
                workers = [Worker(server.port, i, next_number) for i in range(3)]
                folder = Folder(server.port)
                for thread in [*workers, folder]:
                    thread.start()
                # Killed after some commits and a random while.
                threading.Event().wait(0.05 + chance.random() * 0.6)
            finally:
                server.kill()
            for worker in workers:
                worker.join(wire.TIMEOUT)
                self.assertIsNone(worker.problem)
                acknowledged.update(worker.acknowledged)
                started.update(worker.started)
                next_number = max(next_number, worker.next + 1)
            folder.join(wire.TIMEOUT)
        server = Server(wire.options.lathed, data_dir=directory).start()
        try:
            self.check(server, acknowledged, started)
            self.assertEqual(server.stop(), 0)
        finally:
            if server.process.poll() is None:
                server.kill()
        print(f"  {wire.options.rounds} rounds, {len(acknowledged)} acknowledged commits since the last emptying")

    def check(self, server, acknowledged, started):
        connection = wire.connect(server.port)
        if not started:
            wire.run(connection, "CREATE TABLE IF NOT EXISTS parts (id integer, part integer, what text, PRIMARY KEY (id, part))")
            wire.run(connection, "CREATE TABLE IF NOT EXISTS whole (id integer PRIMARY KEY, parts integer)")
        whole = dict(wire.run(connection, "SELECT id, parts FROM whole"))
        parts = dict(wire.run(connection, "SELECT id, count(*) FROM parts GROUP BY id"))
        self.assertEqual(whole, parts, "a transaction is there in part")
        self.assertEqual(acknowledged - whole.keys(), set(), "an acknowledged commit is missing")
        self.assertEqual(whole.keys() - started, set(), "a commit that nobody made")
        changed = {r[0] for r in wire.run(connection, "SELECT id FROM parts WHERE what = 'changed'")}
        self.assertEqual(changed, {n for n in whole if n // 10 % 4 == 2})
        # What was not acknowledged but is there counts from now on.
        acknowledged.update(whole.keys())
        connection.close()

    def forget(self, server, acknowledged, started):
        """Empties the tables, so that long runs stay small."""
        connection = wire.connect(server.port)
        wire.run(connection, "TRUNCATE parts, whole")
        connection.close()
        acknowledged.clear()
        started.clear()
        started.add(0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    wire.main(parser)
