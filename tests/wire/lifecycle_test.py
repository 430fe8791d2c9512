#!/usr/bin/python3
"""The server process: many idle connections, a clean stop while clients are busy, one server per directory, restarts."""
import os
import shutil
import subprocess
import tempfile
import unittest

import psycopg2

import wire
from wire import Server, query


def memory_kb(process):
    for line in open(f"/proc/{process.pid}/status"):
        if line.startswith("VmRSS"):
            return int(line.split()[1])


def threads(process):
    return len(os.listdir(f"/proc/{process.pid}/task"))


class LifecycleTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="lathe-test-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def server(self, *arguments):
        server = Server(wire.options.lathed, data_dir=self.directory, args=arguments).start()
        self.addCleanup(lambda: server.process.poll() is None and server.kill())
        return server

    def test_idle_connections(self):
        server = self.server()
        with wire.Raw(server.port) as first:
            first.ask(query("SELECT 1"))
            before, threads_before = memory_kb(server.process), threads(server.process)
            connections = [wire.Raw(server.port) for _ in range(500)]
            for connection in connections:
                connection.ask(query("SELECT 1"))
            after = memory_kb(server.process)
            print(f"  500 idle connections: {(after - before) / 500:.1f} kB each, {threads(server.process) - threads_before} more threads")
            self.assertEqual(wire.rows(first.ask(query("SELECT 2"))), [[b"2"]])
            self.assertEqual(wire.rows(connections[250].ask(query("SELECT 3"))), [[b"3"]])
            self.assertLess(after - before, 500 * 256)
            self.assertLess(threads(server.process) - threads_before, 50)
            for connection in connections:
                connection.close()
            self.assertEqual(wire.rows(first.ask(query("SELECT 2"))), [[b"2"]])
        self.assertEqual(server.stop(), 0)

    def test_too_many_connections(self):
        server = self.server("--max-connections", "5")
        connections = [wire.Raw(server.port) for _ in range(5)]
        refused = wire.Raw(server.port, start=False)
        refused.send(wire.startup())
        self.assertEqual(wire.error(refused.until_closed()), "53300")
        for connection in connections:
            self.assertEqual(wire.rows(connection.ask(query("SELECT 1"))), [[b"1"]])
        self.assertEqual(server.stop(), 0)

    def test_clients_that_never_start_give_their_places_back(self):
        server = self.server("--max-connections", "5", "--startup-timeout", "1")
        slow = [wire.Raw(server.port, start=False) for _ in range(20)]
        for number, connection in enumerate(slow):
            connection.send(wire.startup()[:number])
        for connection in slow:
            self.assertEqual(connection.until_closed(), [])
        # Closed is a moment before forgotten.
        for _ in range(1000):
            connection = wire.Raw(server.port, start=False)
            connection.send(wire.startup(), query("SELECT 1"), wire.TERMINATE)
            said = connection.until_closed()
            if wire.error(said) != "53300":
                break
        self.assertEqual(wire.rows(said), [[b"1"]])
        self.assertEqual(server.stop(), 0)

    def test_stop_with_busy_clients(self):
        server = self.server()
        connection = wire.connect(server.port)
        wire.run(connection, "CREATE TABLE t (a integer PRIMARY KEY); INSERT INTO t VALUES (1)")
        wire.run(connection, "CREATE TABLE big (x integer)")
        wire.run(connection, "INSERT INTO big VALUES " + ", ".join(f"({i})" for i in range(3000)))
        idle = wire.Raw(server.port)
        busy = wire.Raw(server.port)
        busy.send(query("SELECT count(*) FROM big a, big b, big c"))
        in_block = wire.Raw(server.port)
        in_block.ask(query("BEGIN; INSERT INTO t VALUES (2)"))
        in_copy = wire.Raw(server.port)
        in_copy.send(query("COPY t FROM STDIN"), wire.message(b"d", b"3\n"))
        self.assertEqual(in_copy.message()[0], "G")
        half = wire.Raw(server.port, start=False)
        half.send(b"\0\0")
        self.assertEqual(server.stop(), 0)
        for client in (idle, busy, in_block, in_copy):
            said = client.until_closed()
            self.assertEqual(wire.error(said), "57P01", said)
        server = self.server()
        self.assertEqual(wire.run(wire.connect(server.port), "SELECT a FROM t"), [(1,)])
        self.assertEqual(server.stop(), 0)

    def test_stop_by_sigint(self):
        server = self.server()
        server.process.send_signal(2)
        self.assertEqual(server.process.wait(30), 0)

    def test_a_second_server_is_refused(self):
        server = self.server()
        second = subprocess.run([wire.options.lathed, "--data-dir", self.directory, "--listen", "127.0.0.1:0", "--admin-listen="],
                                capture_output=True, text=True, timeout=wire.TIMEOUT)
        self.assertNotEqual(second.returncode, 0)
        self.assertIn(self.directory, second.stderr)
        self.assertIn("another", second.stderr)
        self.assertEqual(wire.run(wire.connect(server.port), "SELECT 1"), [(1,)])
        self.assertEqual(server.stop(), 0)

    def test_a_port_in_use_is_refused(self):
        server = self.server()
        with tempfile.TemporaryDirectory() as other:
            second = subprocess.run([wire.options.lathed, "--data-dir", other, "--listen", f"127.0.0.1:{server.port}", "--admin-listen="],
                                    capture_output=True, text=True, timeout=wire.TIMEOUT)
        self.assertNotEqual(second.returncode, 0)
        self.assertIn(str(server.port), second.stderr)
        self.assertEqual(server.stop(), 0)

    def test_help_lists_the_flags(self):
        shown = subprocess.run([wire.options.lathed, "--help"], capture_output=True, text=True, timeout=wire.TIMEOUT).stdout
        for flag in ("data_dir", "listen", "config", "log_level"):
            self.assertIn("--" + flag, shown)

    def test_unknown_options_and_keys_are_refused(self):
        config = os.path.join(self.directory, "config.toml")
        with open(config, "w", encoding="utf-8") as file:
            file.write('no_such_key = 1\n')
        for arguments in (["--config", config], ["--no-such-flag"], ["--listen", "nonsense"]):
            run = subprocess.run([wire.options.lathed, "--data-dir", os.path.join(self.directory, "data"), *arguments],
                                 capture_output=True, text=True, timeout=wire.TIMEOUT)
            self.assertNotEqual(run.returncode, 0, arguments)
            self.assertNotEqual(run.stderr.strip(), "", arguments)

    def test_restart_keeps_data(self):
        server = self.server()
        connection = wire.connect(server.port)
        wire.run(connection, "CREATE SCHEMA s; CREATE TABLE s.t (a integer PRIMARY KEY, b text DEFAULT 'd', c numeric(10,2), d date)")
        wire.run(connection, "INSERT INTO s.t SELECT x.a * 10 + y.a, 'v', 1.5, '2024-02-29' FROM (VALUES (0),(1),(2)) x (a), "
                 "(VALUES (0),(1),(2)) y (a)")
        wire.run(connection, "CREATE TABLE no_key (a integer); INSERT INTO no_key VALUES (1), (1), (NULL)")
        wire.run(connection, "UPDATE s.t SET b = 'w' WHERE a = 11; DELETE FROM s.t WHERE a = 22")
        wire.run(connection, "CREATE TABLE gone (a integer); DROP TABLE gone")
        before = wire.run(connection, "SELECT * FROM s.t ORDER BY a")
        for _ in range(2):
            self.assertEqual(server.stop(), 0)
            server = self.server()
            connection = wire.connect(server.port)
            self.assertEqual(wire.run(connection, "SELECT * FROM s.t ORDER BY a"), before)
            self.assertEqual(wire.run(connection, "SELECT count(*), count(a) FROM no_key"), [(3, 2)])
            with self.assertRaises(psycopg2.errors.UndefinedTable):
                wire.run(connection, "SELECT * FROM gone")
            wire.run(connection, "INSERT INTO no_key VALUES (2); DELETE FROM no_key WHERE a = 2")
        with self.assertRaises(psycopg2.errors.UniqueViolation):
            wire.run(connection, "INSERT INTO s.t VALUES (0)")
        wire.run(connection, "INSERT INTO s.t (a) VALUES (100)")
        self.assertEqual(wire.run(connection, "SELECT b FROM s.t WHERE a = 100"), [("d",)])
        self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    wire.main()
