#!/usr/bin/env python3
"""Asks a PostgreSQL 15 the queries in queries.sql over the tables of setup.sql and writes expected.txt.

usage: ask_postgres.py PORT > expected.txt    (an empty database on 127.0.0.1, user and database postgres, no password, locale C)

Each query is followed by its rows ("= value|value") or its error ("! SQLSTATE message").
"""
import os
import socket
import struct
import sys


class Connection:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.file = self.socket.makefile("rb")
        body = struct.pack("!i", 196608) + b"user\0postgres\0database\0postgres\0\0"
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


def answer(messages):
    lines = []
    for kind, body in messages:
        if kind == b"E":
            fields = {f[:1]: f[1:].decode() for f in body.split(b"\0") if f}
            return ["! %s %s" % (fields[b"C"], fields[b"M"])]
        if kind == b"D":
            at, values = 2, []
            for _ in range(struct.unpack("!h", body[:2])[0]):
                size = struct.unpack("!i", body[at : at + 4])[0]
                at += 4
                values.append("NULL" if size < 0 else body[at : at + size].decode())
                at += max(size, 0)
            lines.append("= " + "|".join(values))
    return lines


def main():
    folder = os.path.dirname(os.path.abspath(__file__))
    connection = Connection(int(sys.argv[1]))
    connection.query("set timezone = 'UTC'")
    for line in open(os.path.join(folder, "setup.sql")):
        for problem in answer(connection.query(line)):
            raise SystemExit(line + problem)
    for line in open(os.path.join(folder, "queries.sql")):
        sql = line.rstrip("\n")
        print(sql)
        for row in answer(connection.query(sql)):
            print(row)


main()
