#!/usr/bin/env python3
"""Asks a PostgreSQL 15 what it makes of the statements in statements.sql and writes expected.txt.

usage: ask_postgres.py PORT [USER DATABASE] > expected.txt    (an empty database on 127.0.0.1, no password; both postgres)

Each statement is prepared, never run (CREATE TABLE runs and is rolled back). The answer to each is one line:
  = name type-oid typmod, ... [; params oid ...]     it binds
  ! SQLSTATE position message                        it does not
"""
import os
import socket
import struct
import sys


class Connection:
    def __init__(self, port, user, database):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.file = self.socket.makefile("rb")
        names = "user\0%s\0database\0%s\0\0" % (user, database)
        body = struct.pack("!i", 196608) + names.encode()
        self.socket.sendall(struct.pack("!i", len(body) + 4) + body)
        self.read_until_ready()

    def read_until_ready(self):
        messages = []
        while True:
            kind = self.file.read(1)
            size = struct.unpack("!i", self.file.read(4))[0]
            body = self.file.read(size - 4)
            messages.append((kind, body))
            if kind == b"Z":
                return messages

    def send(self, kind, body):
        self.socket.sendall(kind + struct.pack("!i", len(body) + 4) + body)

    def query(self, sql):
        self.send(b"Q", sql.encode() + b"\0")
        return self.read_until_ready()

    def prepare(self, sql):
        self.send(b"P", b"\0" + sql.encode() + b"\0" + struct.pack("!h", 0))
        self.send(b"D", b"S\0")
        self.send(b"S", b"")
        return self.read_until_ready()


def answer(messages):
    columns, params = [], []
    for kind, body in messages:
        if kind == b"E":
            fields = {f[:1]: f[1:].decode() for f in body.split(b"\0") if f}
            return "! %s %s %s" % (fields[b"C"], fields.get(b"P", "0"), fields[b"M"])
        if kind == b"t":
            count = struct.unpack("!h", body[:2])[0]
            params = [str(oid) for oid in struct.unpack("!%di" % count, body[2:])]
        if kind == b"T":
            at = 2
            for _ in range(struct.unpack("!h", body[:2])[0]):
                end = body.index(b"\0", at)
                name = body[at:end].decode()
                _, _, oid, _, typmod, _ = struct.unpack("!ihihih", body[end + 1 : end + 19])
                at = end + 19
                columns.append("%s %d %d" % (name, oid, typmod))
    text = "= " + ", ".join(columns)
    return text + ("; params " + " ".join(params) if params else "")


def main():
    folder = os.path.dirname(os.path.abspath(__file__))
    user, database = sys.argv[2:4] if len(sys.argv) > 3 else ("postgres", "postgres")
    connection = Connection(int(sys.argv[1]), user, database)
    for line in open(os.path.join(folder, "schema.sql")):
        connection.query(line)
    for line in open(os.path.join(folder, "statements.sql")):
        sql = line.rstrip("\n")
        if sql.startswith("create"):
            connection.query("begin")
            result = answer(connection.query(sql))
            connection.query("rollback")
        else:
            result = answer(connection.prepare(sql))
        print(sql)
        print(result)


main()
