#!/usr/bin/python3
"""Clients that send nonsense, half messages, lengths of 2 GiB, or leave in the middle: their own connection may end, with an error
where the protocol has one; every other connection goes on, and the server too."""
import os
import random
import socket
import struct
import threading
import unittest

import psycopg2

import wire
from wire import SYNC, TERMINATE, message, query, startup


class Neighbour(threading.Thread):
    """Another client at work all the while: commits rows and reads them back."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.connection = wire.connect(port)
        wire.run(self.connection, "DROP TABLE IF EXISTS abuse_neighbour; CREATE TABLE abuse_neighbour (a integer PRIMARY KEY)")
        self.ending = threading.Event()
        self.rounds = 0
        self.problem = None

    def run(self):
        try:
            while not self.rounds or not self.ending.is_set():
                wire.run(self.connection, f"INSERT INTO abuse_neighbour VALUES ({self.rounds})")
                self.rounds += 1
                there = wire.run(self.connection, "SELECT count(*), max(a) FROM abuse_neighbour")
                if there != [(self.rounds, self.rounds - 1)]:
                    self.problem = f"{self.rounds} rows committed, {there} read"
                    return
        except psycopg2.Error as error:
            self.problem = error

    def end(self):
        self.ending.set()
        self.join(wire.TIMEOUT)
        self.connection.close()
        return self.problem


class AbuseTest(wire.ServerTest):
    def setUp(self):
        self.witness = self.connect()
        self.neighbour = Neighbour(self.port)
        self.neighbour.start()

    def tearDown(self):
        self.assertEqual(wire.run(self.witness, "SELECT 1 + 1"), [(2,)])
        self.assertIsNone(self.neighbour.end())
        self.assertFalse(self.neighbour.is_alive())
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

    def test_damaged_conversations(self):
        wire.run(self.witness, "DROP TABLE IF EXISTS abuse_d; CREATE TABLE abuse_d (a integer, b text)")
        whole = b"".join([
            startup(), query("SELECT 1; SELECT 'two'"), wire.parse("SELECT $1::integer + 1", "s"), wire.describe(b"S", "s"),
            wire.bind([b"41"], "p", "s"), wire.describe(b"P", "p"), wire.execute("p", 1), wire.close(b"P", "p"), SYNC,
            query("BEGIN"), query("COPY abuse_d FROM STDIN"), message(b"d", b"1\tone\n2\t\\N\n"), message(b"c"),
            query("COPY abuse_d TO STDOUT (FORMAT csv)"), query("ROLLBACK"), TERMINATE])
        noise = random.Random(4)
        for _ in range(200):
            damaged = bytearray(whole)
            for _ in range(noise.randrange(1, 5)):
                at = noise.randrange(len(damaged))
                match noise.randrange(4):
                    case 0:
                        damaged[at] = noise.randrange(256)
                    case 1:
                        damaged[at] ^= 1 << noise.randrange(8)
                    case 2:
                        del damaged[at:at + noise.randrange(1, 20)]
                    case 3:
                        damaged[at:at] = noise.randbytes(noise.randrange(1, 20))
            self.end_of(bytes(damaged), start=False)
        self.assertEqual(wire.run(self.witness, "SELECT count(*) FROM abuse_d WHERE a NOT IN (1, 2)"), [(0,)])

    def test_thousand_connections_come_and_go(self):
        reset = struct.pack("ii", 1, 0)  # closing resets the connection
        for number in range(1000):
            connection = wire.Raw(self.port, start=False)
            match number % 5:
                case 1:
                    connection.send(startup()[:number % 40])
                case 2:
                    connection.send(startup())
                case 3:
                    connection.send(startup(), query("BEGIN; SELECT 1"))
                case 4:
                    connection.send(startup(), query("SELECT 1"))
                    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
            connection.close()
        self.wait_for_files(20)

    def wait_for_files(self, most):
        """Waits until the server has no more sockets than this."""
        if not self.server:
            return
        path = f"/proc/{self.server.process.pid}/fd"

        def sockets():
            count = 0
            for name in os.listdir(path):
                try:
                    count += os.readlink(os.path.join(path, name)).startswith("socket:")
                except FileNotFoundError:
                    pass
            return count
        for _ in range(2000):
            if sockets() <= most:
                return
            wire.run(self.witness, "SELECT 1")
        self.assertLessEqual(sockets(), most)

    def test_slow_startups(self):
        whole = startup()
        slow = []
        for number in range(200):
            connection = self.raw(start=False)
            connection.send(whole[:number % 30])
            slow.append(connection)
        self.assertEqual(wire.rows(self.raw().ask(query("SELECT 1"))), [[b"1"]])
        # One byte at a time, all of them by turns.
        for step in range(len(whole)):
            for number, connection in enumerate(slow[:20]):
                if step >= number:
                    connection.send(whole[step:step + 1])
        for connection in slow[:20]:
            self.assertEqual(wire.kinds(connection.until_ready())[-1], "Z")

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
        if not self.server:
            self.skipTest("reads the server's memory")
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

    def test_cancels_with_wrong_keys_while_a_statement_runs(self):
        wire.run(self.witness, "DROP TABLE IF EXISTS abuse_c; CREATE TABLE abuse_c (a integer PRIMARY KEY, b integer); "
                               "INSERT INTO abuse_c VALUES (1, 0)")
        holder, victim = self.raw(), self.raw()
        holder.ask(query("BEGIN; UPDATE abuse_c SET b = 1"))
        victim.send(query("UPDATE abuse_c SET b = b + 10"))  # waits for the holder
        noise = random.Random(5)
        process, key = victim.key
        for number in range(500):
            wrong = key ^ (1 << number % 32) if number < 64 else noise.randrange(1 << 32)
            target = process if number % 4 else noise.randrange(1 << 32)
            if wrong != key:
                self.end_of(struct.pack(">IIII", 16, 80877102, target, wrong), start=False)
        self.assertIsNone(wire.error(holder.ask(query("COMMIT"))))
        self.assertEqual(wire.tags(victim.until_ready()), ["UPDATE 1"])

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

    def test_copy_of_endless_garbage(self):
        wire.run(self.witness, "DROP TABLE IF EXISTS abuse_g; CREATE TABLE abuse_g (a integer, b text)")
        noise = random.Random(6)
        before = self.memory_kb() if self.server else 0
        for options in ("", "(FORMAT csv)"):
            connection = self.raw()
            connection.send(query(f"COPY abuse_g FROM STDIN {options}"))
            for _ in range(300):
                connection.send(message(b"d", noise.randbytes(65536)))
            self.assertEqual(wire.run(self.witness, "SELECT 1"), [(1,)])
            self.assertIsNotNone(wire.error(connection.ask(message(b"c"), SYNC)))
            connection.close()
        # After the error nothing is kept of what still comes.
        if self.server:
            self.assertLess(self.memory_kb() - before, 200 << 10)

    def test_copy_of_a_line_without_end(self):
        wire.run(self.witness, "DROP TABLE IF EXISTS abuse_l; CREATE TABLE abuse_l (a text)")
        for options in ("", "(FORMAT csv)"):
            connection = self.raw()
            connection.send(query(f"COPY abuse_l FROM STDIN {options}"))
            for _ in range(256):
                connection.send(message(b"d", b'"' + b"x" * 65535))
            self.assertEqual(wire.run(self.witness, "SELECT 1"), [(1,)])
            connection.close()
        self.assertEqual(wire.run(self.witness, "SELECT count(*) FROM abuse_l"), [(0,)])

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
