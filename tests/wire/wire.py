"""PostgreSQL's protocol 3.0 by hand, for tests that no driver would let one write; and what the test files share."""
import argparse
import os
import socket
import struct
import sys
import unittest

import psycopg2

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from server import Server  # noqa: E402

TIMEOUT = 60
options = None


def message(kind, body=b""):
    """A message of the client: its type, its length, its body."""
    return kind + struct.pack(">I", len(body) + 4) + body


def startup(**parameters):
    parameters = parameters or {"user": "lathe", "database": "lathe"}
    body = struct.pack(">I", 196608)
    for name, value in parameters.items():
        body += name.encode() + b"\0" + value.encode() + b"\0"
    body += b"\0"
    return struct.pack(">I", len(body) + 4) + body


def query(sql):
    return message(b"Q", sql.encode() + b"\0")


def parse(sql, name="", types=()):
    return message(b"P", name.encode() + b"\0" + sql.encode() + b"\0" + struct.pack(">H", len(types)) +
                   b"".join(struct.pack(">I", oid) for oid in types))


def bind(values=(), portal="", statement="", formats=(), result_formats=()):
    body = portal.encode() + b"\0" + statement.encode() + b"\0"
    body += struct.pack(">H", len(formats)) + b"".join(struct.pack(">H", f) for f in formats)
    body += struct.pack(">H", len(values))
    for value in values:
        body += struct.pack(">i", -1) if value is None else struct.pack(">I", len(value)) + value
    body += struct.pack(">H", len(result_formats)) + b"".join(struct.pack(">H", f) for f in result_formats)
    return message(b"B", body)


def describe(kind, name=""):
    return message(b"D", kind + name.encode() + b"\0")


def execute(portal="", rows=0):
    return message(b"E", portal.encode() + b"\0" + struct.pack(">I", rows))


def close(kind, name=""):
    return message(b"C", kind + name.encode() + b"\0")


SYNC = message(b"S")
FLUSH = message(b"H")
TERMINATE = message(b"X")


class Closed(Exception):
    """The server has closed the connection."""


class Raw:
    """A connection whose messages are seen one by one."""

    def __init__(self, port, start=True):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.key = None
        if start:
            self.send(startup())
            for kind, body in self.until_ready():
                if kind == "K":
                    self.key = struct.unpack(">II", body)

    def send(self, *messages):
        self.socket.sendall(b"".join(messages))

    def read(self, count):
        while len(self.buffer) < count:
            try:
                more = self.socket.recv(65536)
            except ConnectionError:
                more = b""
            if not more:
                raise Closed()
            self.buffer += more
        result, self.buffer = self.buffer[:count], self.buffer[count:]
        return result

    def message(self):
        """The server's next message: (type, body)."""
        kind, length = struct.unpack(">cI", self.read(5))
        return kind.decode(), self.read(length - 4)

    def until_ready(self):
        """All messages up to ReadyForQuery, which is the last of them."""
        result = []
        while not result or result[-1][0] != "Z":
            result.append(self.message())
        return result

    def ask(self, *messages):
        self.send(*messages)
        return self.until_ready()

    def until_closed(self):
        """All messages up to the end of the connection."""
        result = []
        try:
            while True:
                result.append(self.message())
        except Closed:
            return result

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def kinds(messages):
    return "".join(kind for kind, _ in messages)


def fields(body):
    """The fields of an ErrorResponse or NoticeResponse by their letter."""
    return {part[:1].decode(): part[1:].decode() for part in body.split(b"\0") if part}


def error(messages):
    """The SQLSTATE of the first error; None without."""
    for kind, body in messages:
        if kind == "E":
            return fields(body)["C"]
    return None


def row(body):
    """The values of a DataRow as bytes; None = NULL."""
    count, = struct.unpack_from(">H", body)
    at, values = 2, []
    for _ in range(count):
        length, = struct.unpack_from(">i", body, at)
        at += 4
        values.append(None if length < 0 else body[at:at + length])
        at += max(length, 0)
    return values


def rows(messages):
    return [row(body) for kind, body in messages if kind == "D"]


def tags(messages):
    return [body[:-1].decode() for kind, body in messages if kind == "C"]


def connect(port, autocommit=True, **arguments):
    connection = psycopg2.connect(host="127.0.0.1", port=port, user="lathe", dbname="lathe", connect_timeout=TIMEOUT,
                                  **arguments)
    connection.autocommit = autocommit
    return connection


def run(connection, sql):
    """Runs SQL; the rows of its result, if it has one."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else None


class ServerTest(unittest.TestCase):
    """Tests that share one server."""

    @classmethod
    def setUpClass(cls):
        cls.server = None if options.port else Server(options.lathed).start()
        cls.port = options.port or cls.server.port

    @classmethod
    def tearDownClass(cls):
        if cls.server:
            cls.server.__exit__()

    def tearDown(self):
        if self.server:
            self.assertIsNone(self.server.process.poll(), "lathed has ended: " + "".join(self.server.log[-20:]))

    def raw(self, start=True):
        connection = Raw(self.port, start)
        self.addCleanup(connection.close)
        return connection

    def connect(self, **arguments):
        connection = connect(self.port, **arguments)
        self.addCleanup(connection.close)
        return connection

    def assert_error(self, messages, state):
        self.assertEqual(error(messages), state, messages)


def add_lathed_option(parser):
    here = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument("--lathed", default=os.path.join(here, "..", "..", "build", "release", "bin", "lathed"))
    parser.add_argument("--port", type=int, help="a server that runs already, to compare with: a PostgreSQL 15 with role and database lathe")


def main(parser=None):
    """Runs the tests of the calling file. Options of its own may be on the parser; they are in wire.options."""
    global options
    parser = parser or argparse.ArgumentParser()
    add_lathed_option(parser)
    parsed, rest = parser.parse_known_args()
    # The test file imports this module by its name, whatever started it.
    sys.modules["wire"].options = options = parsed
    unittest.main(module="__main__", argv=[sys.argv[0], *rest], verbosity=2, warnings="ignore")
