#!/usr/bin/python3
"""Runs the SQL tests: sqllogictest files, one feature each, through the wire protocol.

  run.py --lathed PATH [FILES...]       starts a server of its own and checks the files (default: all beside this script)
  run.py --port P --record [FILES...]   writes what the server on that port (a PostgreSQL 15) answers into the files

Records, separated by blank lines:
  statement ok                 the next lines are SQL that succeeds
  statement error SQLSTATE     SQL that fails with this SQLSTATE; a position behind it ("42601 8") is checked too
  query [rowsort]              SQL, then ---- and the rows: columns separated by |, NULL for NULL; rowsort: in any order
  connection NAME              the records from here on run in this session (first: "main"); needed for several sessions
  lathe-only | postgres-only   behind the kind's words: the record is left out for the other server
Lines that begin with # are comments. "halt" ends a file.
"""
import argparse
import os
import sys

import psycopg2
import psycopg2.extensions

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from server import Server  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))


class Record:
    def __init__(self, words, line):
        self.words, self.line = words, line
        self.sql, self.expected = [], []


def read(path):
    """The file as a list of Records and of plain lines (comments, blank lines), in order."""
    items, current, part = [], None, None
    for number, line in enumerate(open(path, encoding="utf-8").read().split("\n"), 1):
        if current is None:
            words = line.split()
            if words and words[0] in ("statement", "query", "connection", "halt"):
                current, part = Record(words, number), "sql"
            else:
                items.append(line)
                continue
        elif line == "":
            items.append(current)
            items.append("")
            current = None
            continue
        elif line == "----" and current.words[0] == "query" and part == "sql":
            part = "expected"
        elif part == "sql":
            current.sql.append(line)
        else:
            current.expected.append(line)
        if current and current.words[0] in ("connection", "halt"):
            items.append(current)
            current = None
    if current is not None:
        items.append(current)
    return items


def text_of(value):
    if value is None:
        return "NULL"
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace("|", "\\|") if value != "" else "(empty)"


def connect(address):
    connection = psycopg2.connect(connect_timeout=10, **address)
    connection.autocommit = True
    # Every value as the text that the server sends.
    for oid in range(1, 10000):
        psycopg2.extensions.register_type(
            psycopg2.extensions.new_type((oid,), "TEXT", lambda value, _: value), connection)
    return connection


class File:
    def __init__(self, path, address, record, server_name):
        self.path, self.address, self.record, self.server_name = path, address, record, server_name
        self.connections, self.current = {}, "main"
        self.passed, self.failures = 0, []

    def cursor(self):
        if self.current not in self.connections:
            self.connections[self.current] = connect(self.address)
        return self.connections[self.current].cursor()

    def fail(self, record, why):
        self.failures.append(f"{self.path}:{record.line}: {why}\n    {' '.join(record.sql)[:300]}")

    def run(self):
        items = read(self.path)
        for item in items:
            if not isinstance(item, Record):
                continue
            if item.words[0] == "halt":
                break
            if item.words[0] == "connection":
                self.current = item.words[1]
                continue
            only = [w for w in item.words if w.endswith("-only")]
            if only and only[0] != self.server_name + "-only":
                continue
            self.run_record(item)
        for connection in self.connections.values():
            connection.close()
        if self.record:
            self.write(items)

    def run_record(self, record):
        cursor = self.cursor()
        failed_before = len(self.failures)
        try:
            cursor.execute("\n".join(record.sql))
        except psycopg2.Error as error:
            self.check_error(record, error)
        else:
            self.check_success(record, cursor)
        if len(self.failures) == failed_before:
            self.passed += 1

    def check_error(self, record, error):
        code = error.pgcode or "connection"
        position = error.diag.statement_position
        if code == "connection":
            self.connections.pop(self.current, None)
        if self.record:
            kind = "lathe-only" if "lathe-only" in record.words else None
            record.words = ["statement", "error", code] + ([position] if position else []) + ([kind] if kind else [])
            record.expected = []
            return
        if record.words[:2] != ["statement", "error"]:
            self.fail(record, f"unexpected error {code}: {error.diag.message_primary or error}")
            return
        wanted = [w for w in record.words[2:] if not w.endswith("-only")]
        if wanted and wanted[0] != code:
            self.fail(record, f"error {code} ({error.diag.message_primary}) instead of {wanted[0]}")
        elif len(wanted) > 1 and wanted[1] != position:
            self.fail(record, f"position {position} instead of {wanted[1]}")

    def check_success(self, record, cursor):
        rows = None
        if cursor.description is not None:
            rows = ["|".join(text_of(v) for v in row) for row in cursor.fetchall()]
            if "rowsort" in record.words:
                rows.sort()
        if self.record:
            if record.words[0] == "query":
                record.expected = rows or []
            elif record.words[1] == "error":
                record.words = ["statement", "ok"]
            return
        if record.words[0] == "statement":
            if record.words[1] == "error":
                self.fail(record, f"no error, expected {' '.join(record.words[2:])}")
            return
        expected = sorted(record.expected) if "rowsort" in record.words else record.expected
        if rows != expected:
            self.fail(record, "rows differ\n    expected: %s\n    actual:   %s" %
                      (" / ".join(expected)[:500], " / ".join(rows or [])[:500]))

    def write(self, items):
        out = []
        for item in items:
            if not isinstance(item, Record):
                out.append(item)
                continue
            out.append(" ".join(item.words))
            out.extend(item.sql)
            if item.words[0] == "query":
                out.append("----")
                out.extend(item.expected)
        text = "\n".join(out)
        open(self.path, "w", encoding="utf-8").write(text.rstrip("\n") + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lathed")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int)
    parser.add_argument("--user", default="lathe")
    parser.add_argument("--database", default="lathe")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--set", action="append", default=[], help="setting=value for every session")
    parser.add_argument("files", nargs="*")
    args = parser.parse_args()
    files = args.files or sorted(
        os.path.join(directory, name) for directory, _, names in os.walk(HERE) for name in names if name.endswith(".slt"))
    passed, failures = 0, []
    for path in files:
        address = {"host": args.host, "user": args.user, "dbname": args.database}
        if args.set:
            address["options"] = " ".join("-c " + s.replace(" ", "\\ ") for s in args.set)
        server = None
        if args.lathed:
            server = Server(args.lathed).start()
            address["port"] = server.port
        else:
            address["port"] = args.port
            if args.record:
                setup = connect(dict(address, dbname="postgres")).cursor()
                setup.execute("DROP DATABASE IF EXISTS lathe")
                setup.execute("CREATE DATABASE lathe TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'")
        file = File(path, address, args.record, "lathe" if args.lathed else "postgres")
        try:
            file.run()
        finally:
            if server:
                server.__exit__()
        passed += file.passed
        failures += file.failures
        if server and server.process.returncode not in (0,):
            failures.append(f"{path}: lathed ended with status {server.process.returncode}\n" + "".join(server.log[-10:]))
    for failure in failures:
        print(failure)
    print(f"{passed} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
