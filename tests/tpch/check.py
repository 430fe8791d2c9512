#!/usr/bin/python3
"""Loads TPC-H reference data into a server that speaks PostgreSQL's protocol and checks the answers to the 22 queries.

    check.py DATA [--host H] [--port P] [--user U] [--database D] [--only 1,3,5-16] [--require 1,3,5-16]

DATA is a folder with data/TABLE.tbl.zst ('|'-separated, no '|' at the end) and answers/qNN.csv ('|'-separated, no header, in
the query's order). The tables are created anew. Prints one line per query that does not pass, then `N passed, N failed`; a
query that the server refuses with 0A000 counts as unsupported, unless it is among those that --require names. Exit status 1 if
anything failed.
"""

import argparse
import os
import subprocess
import sys
import time

import psycopg2

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "bench"))

from peers import answers, servers
from peers.suite import parse_numbers
from peers.workspace import TABLES

NOT_SUPPORTED = "0A000"


class Refused(Exception):
    """The server answered with an error: (sqlstate or '', message)."""


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=5432)
    parser.add_argument("--user", default="lathe")
    parser.add_argument("--database", default="lathe")
    parser.add_argument("--queries", default=os.path.join(ROOT, "bench", "tpch", "queries"),
                        help="folder of qNN.sql (default the repository's)")
    parser.add_argument("--schema", help="file of CREATE TABLE statements (default: "
                        "DATA/../schema-tables.sql, else what lathe-tpch prints)")
    parser.add_argument("--only", default="1-22", help="queries to run (default all)")
    parser.add_argument("--require", default="", help="queries that count as failed if unsupported")
    parser.add_argument("--no-load", action="store_true", help="the tables are there already")
    parser.add_argument("--psql", action="store_true", help="ask through psql instead of psycopg2")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE",
                        help="session setting (may be repeated)")
    parser.add_argument("--timeout", type=float, default=300, help="seconds per query (default 300)")
    parser.add_argument("--verbose", action="store_true", help="a line for every query, with its time")
    return parser.parse_args()


def schema(options):
    """The CREATE TABLE statements."""
    path = options.schema or os.path.join(options.data, os.pardir, "schema-tables.sql")
    if os.path.exists(path):
        with open(path) as file:
            return file.read()
    for build in ("release", "dev", "debug"):
        program = os.path.join(ROOT, "build", build, "bin", "lathe-tpch")
        if os.access(program, os.X_OK):
            return subprocess.run([program, "--schema"], check=True, stdout=subprocess.PIPE,
                                  text=True).stdout
    sys.exit("check.py: no schema: name one with --schema or build lathe-tpch")


def load(connection, options):
    """Creates the tables and copies the data in."""
    cursor = connection.cursor()
    for table in TABLES:
        cursor.execute(f"DROP TABLE IF EXISTS {table}")
    for statement in schema(options).split(";"):
        if statement.strip():
            cursor.execute(statement)
    for table in TABLES:
        path = os.path.join(options.data, "data", table + ".tbl.zst")
        with subprocess.Popen(["zstd", "-dcq", path], stdout=subprocess.PIPE) as unpack:
            cursor.copy_expert(f"COPY {table} FROM STDIN WITH (DELIMITER '|')", unpack.stdout,
                               size=1 << 18)
        if unpack.returncode != 0:
            sys.exit(f"check.py: cannot read {path}")
    try:
        cursor.execute("VACUUM ANALYZE")  # for the planner's sake only
    except psycopg2.errors.FeatureNotSupported:
        pass


class Driver:
    """Asks through psycopg2."""

    def __init__(self, options):
        self.options = options
        self.connection = None

    def connect(self):
        if self.connection is None or self.connection.closed:
            self.connection = servers.connect(self.options.host, self.options.port,
                                              self.options.user, self.options.database)
            cursor = self.connection.cursor()
            for setting in self.options.set:
                name, _, value = setting.partition("=")
                cursor.execute(f"SET {name} = %s", (value,))
            if self.options.timeout:
                cursor.execute(f"SET statement_timeout = {int(self.options.timeout * 1000)}")
        return self.connection

    def ask(self, sql):
        try:
            cursor = self.connect().cursor()
            cursor.execute(sql)
            return cursor.fetchall()
        except psycopg2.Error as error:
            message = (error.pgerror or str(error)).strip().splitlines() or ["connection lost"]
            raise Refused(error.pgcode or "", message[0]) from error


class Psql:
    """Asks through psql, a process per query."""

    SEPARATOR, NULL = "\x1f", "\x1e"

    def __init__(self, options):
        self.options = options

    def ask(self, sql):
        options = self.options
        settings = "".join(f"SET {name} = '{value}';\n" for name, _, value in
                           (setting.partition("=") for setting in options.set))
        command = ["psql", "-X", "-q", "-A", "-t", "-F", self.SEPARATOR,
                   "-P", "null=" + self.NULL, "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose",
                   "-h", options.host, "-p", str(options.port), "-U", options.user,
                   "-d", options.database, "-f", "-"]
        try:
            done = subprocess.run(command, input=settings + sql, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True, timeout=options.timeout or None)
        except subprocess.TimeoutExpired as error:
            raise Refused("57014", "timeout") from error
        if done.returncode != 0:
            line = next((line for line in done.stderr.splitlines() if "ERROR:" in line),
                        done.stderr.strip()[:200])
            raise Refused(line.partition("ERROR:")[2].strip()[:5], line)
        return [tuple(None if value == self.NULL else value for value in line.split(self.SEPARATOR))
                for line in done.stdout.split("\n")[:-1]]


def check(number, client, options):
    """('passed' | 'failed' | 'unsupported', a remark) for one query."""
    with open(os.path.join(options.queries, f"q{number:02}.sql")) as file:
        sql = file.read()
    expected = answers.read_answer(os.path.join(options.data, "answers", f"q{number:02}.csv"))
    try:
        actual = client.ask(sql)
    except Refused as error:
        state, message = error.args
        return "unsupported" if state == NOT_SUPPORTED else "failed", f"{state} {message}".strip()
    difference = answers.difference(expected, actual)
    return ("failed", difference) if difference else ("passed", f"{len(actual)} rows")


def main():
    options = parse_arguments()
    required = set(parse_numbers(options.require, 22)) if options.require else set()
    driver = Driver(options)
    try:
        if not options.no_load:
            load(driver.connect(), options)
    except psycopg2.Error as error:
        sys.exit(f"check.py: loading failed: {error.pgcode or ''} {error}".rstrip())
    client = Psql(options) if options.psql else driver
    counts = {"passed": 0, "failed": 0, "unsupported": 0}
    for number in parse_numbers(options.only, 22):
        start = time.perf_counter()
        outcome, remark = check(number, client, options)
        elapsed = (time.perf_counter() - start) * 1000
        if outcome == "unsupported" and number in required:
            outcome = "failed"
        counts[outcome] += 1
        if outcome != "passed" or options.verbose:
            print(f"q{number:02} {outcome}: {remark}"
                  + (f" ({elapsed:.0f} ms)" if options.verbose else ""), flush=True)
    unsupported = f", {counts['unsupported']} unsupported" if counts["unsupported"] else ""
    print(f"{counts['passed']} passed, {counts['failed']} failed{unsupported}")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
