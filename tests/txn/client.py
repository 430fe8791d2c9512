"""A small client of the wire protocol: simple queries of several statements, their rows and errors. Fast enough to drive servers."""
import socket
import struct


class Lost(Exception):
    """The connection is over."""


class Failed(Exception):
    """The server refused a statement; code is its SQLSTATE."""

    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code


class Connection:
    """One connection. Errors of the socket are Lost, errors of the server Failed."""

    def __init__(self, port, timeout=60):
        try:
            self.socket = socket.create_connection(("127.0.0.1", port), timeout)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            body = struct.pack("!I", 196608) + b"user\0lathe\0database\0lathe\0\0"
            self.socket.sendall(struct.pack("!I", len(body) + 4) + body)
        except OSError as error:
            raise Lost(str(error)) from error
        self.buffer = b""
        self.status = "I"
        self._answer()

    def _more(self):
        try:
            got = self.socket.recv(65536)
        except OSError as error:
            raise Lost(str(error)) from error
        if not got:
            raise Lost("closed")
        self.buffer += got

    def _message(self):
        while len(self.buffer) < 5:
            self._more()
        length = struct.unpack_from("!I", self.buffer, 1)[0] + 1
        while len(self.buffer) < length:
            self._more()
        kind, body = self.buffer[:1], self.buffer[5:length]
        self.buffer = self.buffer[length:]
        return kind, body

    def _answer(self):
        """The rows of each statement, until the server is ready again."""
        results, rows, failed = [], [], None
        while True:
            kind, body = self._message()
            if kind == b"D":
                row, at = [], 2
                for _ in range(struct.unpack_from("!H", body)[0]):
                    length = struct.unpack_from("!i", body, at)[0]
                    at += 4
                    row.append(None if length < 0 else body[at:at + length].decode())
                    at += max(length, 0)
                rows.append(row)
            elif kind == b"C":
                results.append(rows)
                rows = []
            elif kind == b"E":
                fields = dict((part[:1], part[1:].decode()) for part in body.split(b"\0") if part)
                if fields.get(b"S") == "FATAL":
                    raise Lost(fields.get(b"M", ""))
                failed = Failed(fields.get(b"C", ""), fields.get(b"M", ""))
            elif kind == b"Z":
                self.status = body.decode()
                if failed is not None:
                    raise failed
                return results

    def query(self, sql):
        """Runs the statements of one text; a list of rows for each."""
        body = sql.encode() + b"\0"
        try:
            self.socket.sendall(b"Q" + struct.pack("!I", len(body) + 4) + body)
        except OSError as error:
            raise Lost(str(error)) from error
        return self._answer()

    def close(self):
        try:
            self.socket.close()
        except OSError:
            pass
