#!/usr/bin/python3
"""Cancelling what runs: by cancel request, by statement_timeout and lock_timeout; in joins, aggregations and lock waits."""
import struct
import threading
import time
import unittest

import psycopg2

import wire
from wire import query, startup

# Hours of work without much memory.
LONG = {
    "cross join": "SELECT count(*) FROM big a, big b, big c",
    "grouped": "SELECT a.x % 10, count(*) FROM big a, big b, big c GROUP BY 1",
    "nested loop": "SELECT count(*) FROM big a, big b, big c WHERE a.x + b.x <> c.x * c.x + 100000",
    "returning rows": "SELECT a.x, b.x, c.x FROM big a, big b, big c WHERE a.x + b.x + c.x < 0",
}


class InterruptTest(wire.ServerTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        connection = wire.connect(cls.port)
        wire.run(connection, "CREATE TABLE big (x integer)")
        wire.run(connection, "INSERT INTO big VALUES " + ", ".join(f"({i})" for i in range(3000)))
        wire.run(connection, "CREATE TABLE lockable (a integer PRIMARY KEY, b integer); INSERT INTO lockable VALUES (1, 1)")
        connection.close()

    def cancel(self, key):
        connection = self.raw(start=False)
        connection.send(struct.pack(">IIII", 16, 80877102, *key))
        connection.until_closed()

    def wait_until_active(self, sql):
        """Returns once a session runs this statement."""
        deadline = time.monotonic() + wire.TIMEOUT
        with wire.connect(self.port) as watcher:
            while time.monotonic() < deadline:
                if wire.run(watcher, "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query = "
                            + "'" + sql.replace("'", "''") + "'")[0][0] > 0:
                    return
        self.fail("the statement does not run: " + sql)

    def test_cancel_request(self):
        for name, sql in LONG.items():
            with self.subTest(name):
                victim = self.raw()
                victim.send(query(sql))
                self.wait_until_active(sql)
                started = time.monotonic()
                self.cancel(victim.key)
                messages = victim.until_ready()
                print(f"  {name}: answered {1000 * (time.monotonic() - started):.1f} ms after the cancel request")
                self.assert_error(messages, "57014")
                self.assertEqual(wire.rows(victim.ask(query("SELECT 1"))), [[b"1"]])

    def test_cancel_fails_the_block(self):
        victim = self.raw()
        victim.ask(query("BEGIN"))
        victim.send(query(LONG["cross join"]))
        self.wait_until_active(LONG["cross join"])
        self.cancel(victim.key)
        messages = victim.until_ready()
        self.assert_error(messages, "57014")
        self.assertEqual(messages[-1][1], b"E")
        victim.ask(query("ROLLBACK"))

    def test_statement_timeout(self):
        connection = self.connect()
        wire.run(connection, "SET statement_timeout = '100ms'")
        for name, sql in LONG.items():
            with self.subTest(name), self.assertRaises(psycopg2.errors.QueryCanceled) as raised:
                wire.run(connection, sql)
            self.assertIn("statement timeout", str(raised.exception))
        self.assertEqual(wire.run(connection, "SELECT 1"), [(1,)])
        wire.run(connection, "SET statement_timeout = 0")
        self.assertEqual(wire.run(connection, "SELECT count(*) FROM big"), [(3000,)])

    def test_statement_timeout_from_the_startup_packet(self):
        connection = self.connect(options="-c statement_timeout=100")
        with self.assertRaises(psycopg2.errors.QueryCanceled):
            wire.run(connection, LONG["cross join"])

    def test_lock_waits(self):
        holder = self.connect(autocommit=False)
        wire.run(holder, "UPDATE lockable SET b = 2 WHERE a = 1")
        sql = "UPDATE lockable SET b = 3 WHERE a = 1"
        # Cancelled.
        victim = self.raw()
        victim.send(query(sql))
        self.wait_until_active(sql)
        self.cancel(victim.key)
        self.assert_error(victim.until_ready(), "57014")
        # Timed out.
        waiter = self.connect(options="-c lock_timeout=50")
        with self.assertRaises(psycopg2.errors.LockNotAvailable):
            wire.run(waiter, sql)
        # Served.
        victim.send(query(sql))
        self.wait_until_active(sql)
        holder.commit()
        self.assertEqual(wire.tags(victim.until_ready()), ["UPDATE 1"])
        self.assertEqual(wire.run(holder, "SELECT b FROM lockable"), [(3,)])
        holder.rollback()

    def test_others_are_served_meanwhile(self):
        victims = []
        for _ in range(4):
            victim = self.raw()
            victim.send(query(LONG["cross join"]))
            victims.append(victim)
        self.wait_until_active(LONG["cross join"])
        connection = self.connect()
        for i in range(20):
            self.assertEqual(wire.run(connection, f"SELECT {i}"), [(i,)])
        for victim in victims:
            self.cancel(victim.key)
        for victim in victims:
            self.assert_error(victim.until_ready(), "57014")


if __name__ == "__main__":
    wire.main()
