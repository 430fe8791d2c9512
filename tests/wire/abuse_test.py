#!/usr/bin/python3
"""Clients that send nonsense, half messages, lengths of 2 GiB, or leave in the middle: their own connection may end, with an error
where the protocol has one; every other connection goes on, and the server too."""
import random
import socket
import struct
import unittest

import wire
from wire import SYNC, TERMINATE, message, query, startup


class AbuseTest(wire.ServerTest):
    def setUp(self):
        self.witness = self.connect()

    def tearDown(self):
        self.assertEqual(wire.run(self.witness, "SELECT 1 + 1"), [(2,)])
        super().tearDown()

    def end_of(self, *parts, start=True):
        """What the server says until it closes the connection, which it must do."""
        connection = self.raw(start)
        try:
            connection.send(*parts)
            connection.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        return connection.until_closed()

    def test_random_bytes_at_the_start(self):
        noise = random.Random(1)
        for _ in range(100):
            connection = self.raw(start=False)
            try:
                connection.send(noise.randbytes(noise.randrange(1, 400)))
                connection.socket.shutdown(socket.SHUT_WR)
                connection.socket.recv(65536)
            except OSError:
                pass
            connection.close()

    def test_random_bytes_in_a_session(self):
        noise = random.Random(2)
        for _ in range(100):
            self.end_of(noise.randbytes(noise.randrange(1, 400)))

    def test_random_bodies(self):
        noise = random.Random(3)
        for kind in b"QPBDECSHdcfF":
            for _ in range(20):
                body = noise.randbytes(noise.randrange(0, 60))
                self.end_of(message(bytes([kind]), body), SYNC, TERMINATE)

    def test_half_messages(self):
        whole = query("SELECT 1")
        for length in range(1, len(whole)):
            connection = self.raw()
            connection.send(whole[:length])
            connection.close()
        whole = startup()
        for length in range(0, len(whole)):
            connection = self.raw(start=False)
            connection.send(whole[:length])
            connection.close()

    def test_bytes_one_by_one(self):
        connection = self.raw(start=False)
        for byte in startup():
            connection.send(bytes([byte]))
        self.assertIn("Z", wire.kinds(connection.until_ready()))
        for byte in query("SELECT 'slow'"):
            connection.send(bytes([byte]))
        self.assertEqual(wire.rows(connection.until_ready()), [[b"slow"]])

    def test_lengths_that_cannot_be(self):
        for kind in b"QPBDECSHdcfFXp":
            for length in (0x7fffffff, 0xffffffff, 0x80000000, 0, 3):
                said = self.end_of(bytes([kind]) + struct.pack(">I", length) + b"abc")
                self.assertNotIn("Z", wire.kinds(said))
        for length in (0x7fffffff, 0xffffffff, 0, 4, 7, 100000):
            self.end_of(struct.pack(">I", length) + b"abcdefgh", start=False)

    def test_a_length_is_no_memory(self):
        before = self.memory_kb()
        connections = []
        for _ in range(50):
            connection = self.raw()
            connection.send(b"Q" + struct.pack(">I", 0x3ffffff0) + b"SELECT 1")
            connections.append(connection)
        self.assertEqual(wire.run(self.witness, "SELECT 1"), [(1,)])
        self.assertLess(self.memory_kb() - before, 200 << 10)

    def memory_kb(self):
        for line in open(f"/proc/{self.server.process.pid}/status"):
            if line.startswith("VmRSS"):
                return int(line.split()[1])

    def test_unknown_types(self):
        for kind in range(256):
            if bytes([kind]) not in (b"Q", b"P", b"B", b"D", b"E", b"C", b"S", b"H", b"d", b"c", b"f", b"F", b"X", b"p"):
                self.assert_error(self.end_of(bytes([kind]) + struct.pack(">I", 4)), "08P01")

    def test_startup_garbage(self):
        def first(body):
            return self.end_of(struct.pack(">I", len(body) + 4) + body, start=False)
        self.assert_error(first(struct.pack(">I", 131072) + b"user\0lathe\0\0"), "0A000")
        self.assert_error(first(struct.pack(">I", 196608) + b"\0"), "28000")
        self.assert_error(first(struct.pack(">I", 196608) + b"user\0nobody\0\0"), "28000")
        self.assert_error(first(struct.pack(">I", 196608) + b"user\0lathe\0database\0other\0\0"), "3D000")
        self.assert_error(first(struct.pack(">I", 196608) + b"user\0lathe"), "08P01")
        self.assert_error(first(struct.pack(">I", 196608) + b"user\0lathe\0no_such_setting\0x\0\0"), "42704")

    def test_newer_minor_version_is_negotiated(self):
        connection = self.raw(start=False)
        body = struct.pack(">I", 196610) + b"user\0lathe\0_pq_.new\0x\0\0"
        connection.send(struct.pack(">I", len(body) + 4) + body)
        messages = connection.until_ready()
        self.assertIn("v", wire.kinds(messages))

    def test_encryption_is_declined(self):
        for code in (80877103, 80877104):
            connection = self.raw(start=False)
            connection.send(struct.pack(">II", 8, code))
            self.assertEqual(connection.read(1), b"N")
            connection.send(startup())
            self.assertIn("Z", wire.kinds(connection.until_ready()))

    def test_cancel_with_a_wrong_key(self):
        victim = self.raw()
        process, key = victim.key
        for pair in ((process, key ^ 1), (process + 1000, key), (0, 0)):
            self.assertEqual(self.end_of(struct.pack(">IIII", 16, 80877102, *pair), start=False), [])
        self.assertEqual(wire.rows(victim.ask(query("SELECT 7"))), [[b"7"]])

    def test_cancel_of_an_idle_session_means_nothing(self):
        victim = self.raw()
        self.assertEqual(self.end_of(struct.pack(">IIII", 16, 80877102, *victim.key), start=False), [])
        self.assertEqual(wire.rows(victim.ask(query("SELECT 7"))), [[b"7"]])

    def test_terminate_at_any_time(self):
        wire.run(self.witness, "DROP TABLE IF EXISTS abuse_t; CREATE TABLE abuse_t (a integer)")
        for parts in ([TERMINATE], [query("BEGIN"), TERMINATE], [wire.parse("SELECT 1"), wire.bind(), TERMINATE],
                      [query("BEGIN; INSERT INTO abuse_t VALUES (1)"), TERMINATE],
                      [query("COPY abuse_t FROM STDIN"), message(b"d", b"1\n"), TERMINATE],
                      [query("COPY abuse_t FROM STDIN"), message(b"d", b"1\n")]):
            self.end_of(*parts)
        self.assertEqual(wire.run(self.witness, "SELECT count(*) FROM abuse_t"), [(0,)])

    def test_client_that_does_not_read(self):
        connection = self.raw()
        connection.send(query("SELECT a.oid, b.oid, c.oid FROM pg_type a, pg_type b, pg_type c"))
        self.assertEqual(wire.run(self.witness, "SELECT 1"), [(1,)])
        connection.close()
        self.assertEqual(wire.run(self.witness, "SELECT 1"), [(1,)])

    def test_messages_out_of_order(self):
        connection = self.raw()
        self.assert_error(connection.ask(wire.bind(statement="nothing"), SYNC), "26000")
        self.assert_error(connection.ask(wire.execute("nothing"), SYNC), "34000")
        self.assert_error(connection.ask(wire.describe(b"S", "nothing"), SYNC), "26000")
        self.assert_error(connection.ask(wire.describe(b"P", "nothing"), SYNC), "34000")
        self.assert_error(connection.ask(wire.describe(b"Z", "nothing"), SYNC), "08P01")
        # COPY's messages outside of COPY are ignored, as PostgreSQL does.
        self.assertEqual(wire.rows(connection.ask(message(b"d", b"x"), message(b"c"), message(b"f", b"\0"), query("SELECT 1"))),
                         [[b"1"]])
        self.assert_error(connection.ask(message(b"F", struct.pack(">IHHH", 1, 0, 0, 0))), "0A000")
        self.assertEqual(wire.rows(connection.ask(query("SELECT 2"))), [[b"2"]])

    def test_text_that_is_not_utf8(self):
        connection = self.raw()
        self.assert_error(connection.ask(message(b"Q", b"SELECT '\xff\xfe'\0")), "22021")
        self.assert_error(connection.ask(wire.parse("SELECT $1::text"), wire.bind([b"\xc3\x28"]), wire.execute(), SYNC), "22021")
        self.assertEqual(wire.rows(connection.ask(query("SELECT 'ü'"))), [["ü".encode()]])

    def test_deep_text(self):
        connection = self.raw()
        self.assert_error(connection.ask(query("SELECT " + "(" * 100000 + "1" + ")" * 100000)), "54001")
        self.assertIsNotNone(wire.error(connection.ask(query("SELECT " + "- " * 100000 + "1"))))
        self.assertEqual(wire.rows(connection.ask(query("SELECT 1"))), [[b"1"]])


if __name__ == "__main__":
    wire.main()
