#!/usr/bin/python3
"""Runs isolation cases: scripts of several sessions, each step with what it must give and whether it must wait.

    run.py --lathed BUILD/bin/lathed [FILES]            checks cases against a server of the build
    run.py --port P [FILES]                             ... against a running server
    run.py --port P --record [FILES]                    writes what that server (PostgreSQL) does into the files

README.md has the format.
"""
import argparse
import difflib
import glob
import os
import re
import select
import sys
import time

import psycopg2
import psycopg2.extensions

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))

from server import Server  # noqa: E402

# A step that has not ended after this long, and that the server shows as waiting, waits. Nothing else depends on it.
POLL = 0.005
PATIENCE = 60


class Broken(Exception):
    """A case that cannot be run: bad format, or a step that never ends."""


class Step:
    def __init__(self, session, sql, line):
        self.session, self.sql, self.line = session, sql, line
        self.expected = []


class Case:
    """A file's case: setup, teardown, steps in their order."""

    def __init__(self, name):
        self.name, self.setup, self.steps = name, [], []
        self.any_of = False  # outcomes may differ: only the check at the end counts
        self.header = []


def parse(path):
    cases, case, comments = [], None, []
    with open(path) as file:
        lines = file.read().split("\n")
    for number, line in enumerate(lines, 1):
        text = line.rstrip()
        if text.startswith("#") or not text:
            continue
        if text.startswith("case "):
            case = Case(text[5:].strip())
            cases.append(case)
        elif case is None:
            raise Broken(f"{path}:{number}: outside of a case: {text}")
        elif text.startswith("setup: "):
            case.setup.append(text[7:])
        elif text.startswith("    "):
            if not case.steps:
                raise Broken(f"{path}:{number}: a result before a step")
            case.steps[-1].expected.append(text[4:])
        else:
            match = re.match(r"(\w+): (.*)$", text)
            if not match:
                raise Broken(f"{path}:{number}: {text}")
            case.steps.append(Step(match.group(1), match.group(2), number))
    return cases


class Session:
    """One connection; statements are sent without waiting for their end."""

    def __init__(self, name, dsn, schema):
        self.name = name
        self.connection = psycopg2.connect(dsn, async_=True)
        self.wait()
        self.cursor = self.connection.cursor()
        self.running = None
        self.pid = self.connection.get_backend_pid()
        self.send(f"SET search_path = {schema}")
        self.wait()
        self.running = None

    def send(self, sql):
        self.running = sql
        self.cursor.execute(sql)

    def poll(self):
        """None while the statement runs; else the lines of its outcome."""
        try:
            while True:
                state = self.connection.poll()
                if state == psycopg2.extensions.POLL_OK:
                    break
                ready = select.select([self.connection.fileno()] if state == psycopg2.extensions.POLL_READ else [],
                                      [self.connection.fileno()] if state == psycopg2.extensions.POLL_WRITE else [],
                                      [], 0)
                if not ready[0] and not ready[1]:
                    return None
        except psycopg2.Error as error:
            self.running = None
            return describe_error(error)
        self.running = None
        if self.cursor.description is None:
            return [f"{self.cursor.statusmessage}"]
        rows = ["|".join(show(value) for value in row) for row in self.cursor.fetchall()]
        return rows + [f"({len(rows)} row{'' if len(rows) == 1 else 's'})"]

    def wait(self):
        deadline = time.monotonic() + PATIENCE
        while True:
            state = self.connection.poll()
            if state == psycopg2.extensions.POLL_OK:
                return
            if time.monotonic() > deadline:
                raise Broken("the server does not answer")
            reads = [self.connection.fileno()] if state == psycopg2.extensions.POLL_READ else []
            writes = [self.connection.fileno()] if state == psycopg2.extensions.POLL_WRITE else []
            select.select(reads, writes, [], 1)

    def close(self):
        self.connection.close()


def show(value):
    return "NULL" if value is None else "''" if value == "" else str(value)


def describe_error(error):
    code = error.pgcode or "08006"
    message = (error.diag.message_primary or str(error).strip().split("\n")[0]).strip()
    return [f"ERROR {code}: {message}"]


class Runner:
    """Runs cases on one server."""

    def __init__(self, dsn):
        self.dsn = dsn
        self.control = psycopg2.connect(dsn)
        self.control.autocommit = True
        self.schema = f"isolation_{os.getpid()}"

    def execute(self, sql):
        with self.control.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else None

    def waits(self, session):
        """Does the server say that the session waits for a lock?"""
        return bool(self.execute(f"SELECT 1 FROM pg_locks WHERE pid = {session.pid} AND NOT granted LIMIT 1"))

    def settle(self, session):
        """The outcome of the running statement; None when it waits for another session."""
        deadline = time.monotonic() + PATIENCE
        seen = 0
        while True:
            outcome = session.poll()
            if outcome is not None:
                return outcome
            # Waiting twice in a row: what it waits for does not go away by itself.
            seen = seen + 1 if self.waits(session) else 0
            if seen >= 3:
                return None
            if time.monotonic() > deadline:
                raise Broken(f"{session.name}: neither ends nor waits: {session.running}")
            time.sleep(POLL)

    def run(self, case):
        """The lines of what each step gave, as the file has them."""
        self.execute(f"DROP SCHEMA IF EXISTS {self.schema} CASCADE")
        self.execute(f"CREATE SCHEMA {self.schema}")
        self.execute(f"SET search_path = {self.schema}")
        for sql in case.setup:
            self.execute(sql)
        sessions, outcomes, waiting = {}, [], {}
        try:
            for step in case.steps:
                if step.session not in sessions:
                    sessions[step.session] = Session(step.session, self.dsn, self.schema)
                session = sessions[step.session]
                lines = []
                if session.running:
                    raise Broken(f"{case.name}: line {step.line}: {step.session} still waits")
                session.send(step.sql)
                outcome = self.settle(session)
                if outcome is None:
                    lines.append("waits")
                    waiting[step.session] = True
                else:
                    lines += outcome
                # Who was let go by this step? In the order of the names: it is not always the same.
                waiting.pop(step.session, None) if outcome is not None else None
                for name in sorted(waiting):
                    if name == step.session:
                        continue
                    freed = self.settle(sessions[name])
                    if freed is not None:
                        del waiting[name]
                        lines += [f"-> {name}: {line}" for line in freed]
                # A deadlock found by another's wait lets this step go on.
                if step.session in waiting:
                    freed = self.settle(session)
                    if freed is not None:
                        del waiting[step.session]
                        lines += [f"-> {step.session}: {line}" for line in freed]
                outcomes.append(lines)
            return outcomes
        finally:
            for session in sessions.values():
                session.close()

    def close(self):
        self.execute(f"DROP SCHEMA IF EXISTS {self.schema} CASCADE")
        self.control.close()


def matches(expected, actual):
    """Lines of which one says "any ..." are those of a serializable case: see README.md."""
    if expected == actual:
        return True
    if not expected or not expected[0].startswith("any: "):
        return False
    choices = [choice.strip() for choice in expected[0][5:].split(" or ")]
    return any(re.match(choice.replace("*", ".*") + "$", actual[0]) for choice in choices)


def record(path, cases, results):
    with open(path) as file:
        lines = file.read().split("\n")
    by_line = {step.line: outcome for case, outcomes in zip(cases, results)
               for step, outcome in zip(case.steps, outcomes) if not (step.expected and step.expected[0].startswith("any: "))}
    keep = {step.line: step.expected for case in cases for step in case.steps
            if step.expected and step.expected[0].startswith("any: ")}
    out = []
    for number, line in enumerate(lines, 1):
        if line.startswith("    "):
            continue
        out.append(line)
        out += ["    " + text for text in by_line.get(number, keep.get(number, []))]
    with open(path, "w") as file:
        file.write("\n".join(out))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lathed", help="starts this server")
    parser.add_argument("--port", type=int, help="a running server")
    parser.add_argument("--record", action="store_true", help="write the outcomes into the files")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    files = options.files or sorted(glob.glob(os.path.join(HERE, "cases", "*.txt")))
    server = None if options.port else Server(options.lathed).start()
    runner = Runner(f"host=127.0.0.1 port={options.port or server.port} user=lathe dbname=lathe")
    failed = count = 0
    try:
        for path in files:
            cases = parse(path)
            if options.record:
                record(path, cases, [runner.run(case) for case in cases])
                continue
            for case in cases * options.repeat:
                count += 1
                try:
                    outcomes = runner.run(case)
                except (Broken, psycopg2.Error) as error:
                    failed += 1
                    print(f"{os.path.basename(path)}: {case.name}: {error}")
                    continue
                bad = [(step, outcome) for step, outcome in zip(case.steps, outcomes)
                       if not matches(step.expected, outcome)]
                if not bad:
                    continue
                failed += 1
                print(f"{os.path.basename(path)}: {case.name}")
                for step, outcome in bad:
                    print(f"  line {step.line}: {step.session}: {step.sql}")
                    for text in difflib.ndiff(step.expected, outcome):
                        print("    " + text)
        if not options.record:
            print(f"{count - failed} of {count} cases pass")
    finally:
        runner.close()
        if server:
            server.__exit__()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
