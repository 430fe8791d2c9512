#!/usr/bin/python3
"""Commits whose client waits for the disk without a thread: what is told, in which order, and when the client or the server goes meanwhile."""

import tempfile
import threading
import unittest

import wire
from wire import SYNC, bind, describe, execute, parse, query


def status(messages):
    return messages[-1][1]


class CommitTest(wire.ServerTest):
    def setUp(self):
        self.c = self.raw()
        self.other = self.raw()
        self.c.ask(query("DROP TABLE IF EXISTS t; CREATE TABLE t (a integer PRIMARY KEY, b integer); INSERT INTO t VALUES (0, 0)"))

    def count(self):
        return int(wire.rows(self.other.ask(query("SELECT count(*) FROM t")))[0][0])

    def test_what_is_told_is_there(self):
        self.c.ask(parse("INSERT INTO t VALUES ($1, 0)", "i", [23]), parse("BEGIN", "b"), parse("COMMIT", "c"), SYNC)
        for i in range(1, 101):
            if i % 4 == 0:
                messages = self.c.ask(query(f"INSERT INTO t VALUES ({i}, 0)"))
                self.assertEqual(wire.kinds(messages), "CZ")
            elif i % 4 == 1:
                messages = self.c.ask(bind([str(i).encode()], statement="i"), describe(b"P"), execute(), SYNC)
                self.assertEqual(wire.kinds(messages), "2nCZ")
            elif i % 4 == 2:
                self.assertEqual(status(self.c.ask(query("BEGIN"))), b"T")
                self.c.ask(query(f"INSERT INTO t VALUES ({i}, 0)"))
                messages = self.c.ask(query("COMMIT"))
                self.assertEqual(wire.tags(messages), ["COMMIT"])
            else:
                self.c.ask(bind(statement="b"), execute(), SYNC)
                self.c.ask(bind([str(i).encode()], statement="i"), execute(), SYNC)
                messages = self.c.ask(bind(statement="c"), describe(b"P"), execute(), SYNC)
                self.assertEqual((wire.kinds(messages), wire.tags(messages)), ("2nCZ", ["COMMIT"]))
            self.assertEqual(status(messages), b"I")
            self.assertEqual(self.count(), i + 1)

    def test_more_in_the_same_packet(self):
        self.c.ask(parse("UPDATE t SET b = b + 1", "u"), parse("SELECT b FROM t", "s"), parse("BEGIN", "b"),
                   parse("COMMIT", "c"), SYNC)
        batch = [bind(statement="b"), execute(), bind(statement="u"), execute(), bind(statement="c"), execute()]
        # The commit is followed by another statement of its batch, by another batch, by a simple query.
        got = self.c.ask(*batch, bind(statement="s"), execute(), SYNC)
        self.assertEqual(wire.rows(got), [[b"1"]])
        self.c.send(*batch, SYNC, bind(statement="s"), execute(), SYNC, query("UPDATE t SET b = b + 1"), query("SELECT b FROM t"))
        self.assertEqual(wire.tags(self.c.until_ready()), ["BEGIN", "UPDATE 1", "COMMIT"])
        self.assertEqual(wire.rows(self.c.until_ready()), [[b"2"]])
        self.assertEqual(wire.tags(self.c.until_ready()), ["UPDATE 1"])
        self.assertEqual(wire.rows(self.c.until_ready()), [[b"3"]])
        # The batch's Sync comes later, or only half of it.
        self.c.send(*batch)
        self.assertEqual(wire.tags(self.c.ask(SYNC)), ["BEGIN", "UPDATE 1", "COMMIT"])
        self.c.send(*batch, SYNC[:3])
        self.assertEqual(wire.tags(self.c.ask(SYNC[3:])), ["BEGIN", "UPDATE 1", "COMMIT"])
        self.assertEqual(wire.rows(self.c.ask(query("SELECT b FROM t"))), [[b"5"]])
        # Several statements in one text: the commit is one of them, or comes after the last.
        got = self.c.ask(query("BEGIN; UPDATE t SET b = b + 1; COMMIT; SELECT b FROM t; UPDATE t SET b = b + 1"))
        self.assertEqual(wire.tags(got), ["BEGIN", "UPDATE 1", "COMMIT", "SELECT 1", "UPDATE 1"])
        self.assertEqual(wire.rows(self.other.ask(query("SELECT b FROM t"))), [[b"7"]])

    def test_a_commit_that_fails(self):
        begin = "BEGIN ISOLATION LEVEL SERIALIZABLE"
        for extended in (False, True):
            for c, mine, theirs in ((self.c, 1, 2), (self.other, 2, 1)):
                c.ask(query(begin))
                c.ask(query("SELECT count(*) FROM t"))
                c.ask(query(f"INSERT INTO t VALUES ({mine + 10 * extended}, {theirs})"))
            self.assertEqual(wire.tags(self.c.ask(query("COMMIT"))), ["COMMIT"])
            if extended:
                failed = self.other.ask(parse("COMMIT"), bind(), execute(), SYNC)
                self.assertEqual(wire.kinds(failed), "12EZ")
            else:
                failed = self.other.ask(query("COMMIT"))
                self.assertEqual(wire.kinds(failed), "EZ")
            self.assertEqual((wire.error(failed), status(failed)), ("40001", b"I"))
            self.assertEqual(self.count(), 2 + extended)

    def test_settings_and_cursors_end_with_it(self):
        self.c.ask(query("BEGIN"))
        self.c.ask(query("SET LOCAL extra_float_digits = 0"))
        self.c.ask(query("DECLARE h CURSOR WITH HOLD FOR SELECT a FROM t"))
        self.c.ask(query("INSERT INTO t VALUES (1, 1)"))
        self.assertEqual(wire.tags(self.c.ask(query("COMMIT"))), ["COMMIT"])
        self.assertEqual(wire.rows(self.c.ask(query("SHOW extra_float_digits"))), [[b"1"]])
        self.assertEqual(wire.rows(self.c.ask(query("FETCH ALL h"))), [[b"0"]])

    def test_clients_that_go_at_once(self):
        def work(number):
            for i in range(40):
                with wire.Raw(self.port) as c:
                    if i % 3 == 0:  # what the session's end has to remove commits as well
                        c.ask(query("CREATE TEMP TABLE own (a integer)"))
                        c.ask(query("INSERT INTO own VALUES (1)"))
                    c.send(query(f"INSERT INTO t VALUES ({number * 1000 + i + 1}, {number})"))
                    if i % 2 == 0:
                        self.assertEqual(wire.tags(c.until_ready()), ["INSERT 0 1"])
                        told.append(i)

        told = []
        threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(told), 120)
        self.assertGreaterEqual(self.count(), 121)
        self.assertEqual(wire.tags(self.c.ask(query("INSERT INTO t VALUES (-1, 0)"))), ["INSERT 0 1"])


class StopTest(unittest.TestCase):
    def test_stop_while_commits_are_on_the_way(self):
        with tempfile.TemporaryDirectory() as directory:
            for number in range(3):
                server = wire.Server(wire.options.lathed, data_dir=directory).start()
                first = wire.Raw(server.port)
                first.ask(query("CREATE TABLE IF NOT EXISTS t (a integer PRIMARY KEY)"))
                told = [[] for _ in range(6)]
                started = threading.Barrier(7)

                def work(client):
                    with wire.Raw(server.port) as c:
                        started.wait()
                        try:
                            for i in range(100000):
                                key = number * 10000000 + client * 100000 + i
                                if wire.tags(c.ask(query(f"INSERT INTO t VALUES ({key})"))):
                                    told[client].append(key)
                        except (wire.Closed, ConnectionError):
                            pass

                threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
                for thread in threads:
                    thread.start()
                started.wait()
                while min(len(keys) for keys in told) < 20:
                    first.ask(query("SELECT 1"))
                self.assertEqual(server.stop(), 0)
                for thread in threads:
                    thread.join()
                server = wire.Server(wire.options.lathed, data_dir=directory).start()
                there = {int(value) for value, in wire.rows(wire.Raw(server.port).ask(query("SELECT a FROM t")))}
                self.assertEqual([key for keys in told for key in keys if key not in there], [])
                self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    wire.main()
