"""Connections to the servers under test, and the configurations in which Lathe runs a query."""
import json
import os
import re
import resource
import select
import subprocess
import sys
import threading
import time

import psycopg2
import psycopg2.extensions

import schema

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from server import Server  # noqa: E402

RULES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "codegen", "optimize", "rules.def")
TIMEOUT_MS = 5000
HANG_SECONDS = 90


def optional_rules():
    with open(RULES, encoding="utf-8") as file:
        return re.findall(r"^LATHE_RULE\((\w+), \w+, false,", file.read(), re.MULTILINE)


class Config:
    """A state of the data and the settings that differ from the defaults."""

    def __init__(self, state="folded", **settings):
        self.state, self.settings = state, settings

    def __str__(self):
        return " ".join([self.state] + [f"{key}={value}" for key, value in sorted(self.settings.items())])

    @staticmethod
    def parse(text):
        """The configuration that str() wrote."""
        words = text.split()
        return Config(words[0], **dict(word.split("=", 1) for word in words[1:]))


BASE = Config("folded", workers="1")


def random_config(rng, rules):
    """A configuration with one to three things that are not as usual."""
    settings = {"workers": rng.choice(["1", "1", "2"])}
    for _ in range(rng.choice([1, 1, 2])):
        roll = rng.random()
        if roll < 0.25:
            settings["tier"] = rng.choice(["0", "0", "1", "2"])
        elif roll < 0.4:
            settings["query_memory"] = rng.choice(["64kB", "256kB", "1MB"])
        elif roll < 0.85:
            count = 1 if rng.random() < 0.7 else rng.randrange(2, len(rules) + 1)
            settings["disable_rules"] = ",".join(sorted(rng.sample(rules, count)))
        elif roll < 0.92:
            settings["plan_cache"] = "off"
        else:
            settings["prepared"] = "1"
    return Config(rng.choice(["folded", "parts", "delta", "mixed"]), **settings)


class Answer:
    """What a server said: rows of texts with their columns' types, or an error."""

    def __init__(self, rows=None, types=None, code=None, message="", seconds=0.0):
        self.rows, self.types, self.code, self.message, self.seconds = rows, types, code, message, seconds


class Engine:
    """A session with statement_timeout; reconnects when it is lost."""

    def __init__(self, address, timeout_ms=TIMEOUT_MS):
        self.address, self.connection, self.started = address, None, None
        self.timeout_ms = timeout_ms
        self.connect()

    def connect(self):
        self.connection = psycopg2.connect(connect_timeout=10, **self.address)
        self.connection.autocommit = True
        for oid in (16, 17, 18, 20, 21, 23, 25, 114, 700, 701, 1007, 1042, 1043, 1082, 1083, 1114, 1184,
                    1186, 1266, 1700, 2950, 3802, 1009, 1005, 1016):
            psycopg2.extensions.register_type(
                psycopg2.extensions.new_type((oid,), "TEXT", lambda value, _: value), self.connection)
        self.execute(f"SET statement_timeout = {self.timeout_ms}")
        self.execute("SET TimeZone = 'UTC'")

    def execute(self, sql):
        with self.connection.cursor() as cursor:
            cursor.execute(sql)

    def ask(self, sql):
        """The Answer to one query."""
        start = self.started = time.monotonic()
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(sql)
                rows = cursor.fetchall() if cursor.description else []
                types = [column.type_code for column in cursor.description or ()]
            return Answer(rows, types, seconds=time.monotonic() - start)
        except psycopg2.Error as error:
            code = error.pgcode or ("lost" if self.connection.closed else "client")
            message = (error.pgerror or str(error)).strip().split("\n")[0]
            return Answer(code=code, message=message, seconds=time.monotonic() - start)
        finally:
            self.started = None


class Postgres(Engine):
    """The reference. Of an answer with more than ROWS_MAX rows it gives an error with the code `large`."""

    ROWS_MAX = 20000

    def ask(self, sql):
        answer = super().ask(f"BEGIN; DECLARE q NO SCROLL CURSOR FOR {sql}; FETCH {self.ROWS_MAX + 1} FROM q")
        super().ask("ROLLBACK")
        if answer.rows and len(answer.rows) > self.ROWS_MAX:
            return Answer(code="large", message=f"more than {self.ROWS_MAX} rows")
        return answer

    def load(self, statements):
        for statement in statements:
            if not statement.startswith(("VACUUM", "ANALYZE")):
                self.execute(statement)


class Oracle:
    """The plain evaluator of tests/oracle over tables in memory. What takes it too long or too much memory it does not answer."""

    SECONDS_MAX = 2.0
    MEMORY_MAX = 4 << 30

    def __init__(self, binary):
        self.binary, self.process, self.statements = binary, None, []

    def load(self, seed):
        self.statements = schema.plain_statements(seed)
        self.stop()

    def start(self):
        limit = (self.MEMORY_MAX, self.MEMORY_MAX)
        self.process = subprocess.Popen([self.binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL,
                                        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, limit))
        for statement in self.statements:
            answer = self.tell(statement, 60)
            if answer is None or "code" in answer:
                raise RuntimeError(f"the oracle refuses {statement[:60]}: {answer}")

    def tell(self, sql, seconds):
        """The answer as it comes, or None."""
        try:
            self.process.stdin.write(json.dumps(sql).encode() + b"\n")
            self.process.stdin.flush()
            data, deadline = b"", time.monotonic() + seconds
            while not data.endswith(b"\n"):
                left = deadline - time.monotonic()
                if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                    return None
                read = os.read(self.process.stdout.fileno(), 1 << 20)
                if not read:
                    return None
                data += read
            return json.loads(data)
        except BrokenPipeError:
            return None

    def ask(self, sql):
        """The Answer, or None."""
        if self.process is None:
            self.start()
        answer = self.tell(sql, self.SECONDS_MAX)
        if answer is None:
            self.stop()
            return None
        if "code" in answer:
            return Answer(code=answer["code"], message=answer["message"])
        return Answer([tuple(row) for row in answer["rows"]], answer["types"])

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.communicate()
            self.process = None


class Lathe(Engine):
    """Lathe in changing configurations; with a server of its own it starts it again after a crash."""

    PREFIX = {"workers": "lathe.workers", "tier": "lathe.tier", "query_memory": "lathe.query_memory",
              "disable_rules": "lathe.disable_rules", "plan_cache": "lathe.plan_cache"}

    def __init__(self, binary=None, port=None, data_dir=None, timeout_ms=TIMEOUT_MS):
        self.binary, self.data_dir, self.server, self.active = binary, data_dir, None, {}
        self.crashes = 0
        if binary:
            self.start()
            port = self.server.port
        super().__init__({"host": "127.0.0.1", "port": port, "user": "lathe", "dbname": "lathe"}, timeout_ms)
        threading.Thread(target=self.watch, daemon=True).start()

    def start(self):
        self.server = Server(self.binary, data_dir=self.data_dir,
                             args=["--cache-size", "256MB"]).start()

    def watch(self):
        """Kills a server of our own that does not answer within HANG_SECONDS."""
        while True:
            time.sleep(1)
            started = self.started
            if self.server and started and time.monotonic() - started > HANG_SECONDS:
                self.server.kill()

    def revive(self):
        """After a lost connection: a new one, to a new server if ours is gone."""
        self.crashes += 1
        self.active = {}
        if self.server and self.server.process.poll() is None:
            time.sleep(0.2)
        if self.server and self.server.process.poll() is not None:
            self.start()
            self.address["port"] = self.server.port
        self.connect()

    def use(self, config):
        """Applies a configuration; only what changes is sent."""
        wanted = {self.PREFIX[key]: value for key, value in config.settings.items() if key in self.PREFIX}
        wanted["search_path"] = schema.namespace(config.state)
        for name in list(self.active):
            if name not in wanted:
                self.execute(f"RESET {name}")
                del self.active[name]
        for name, value in wanted.items():
            if self.active.get(name) != value:
                self.execute(f"SET {name} = '{value}'")
                self.active[name] = value

    def run(self, config, sql):
        """The Answer in a configuration."""
        try:
            if self.connection.closed:
                self.revive()
            self.use(config)
            if config.settings.get("prepared"):
                prepared = self.ask("PREPARE q AS " + sql)
                if prepared.code:
                    return prepared
                answer = self.ask("EXECUTE q")
                if not self.connection.closed:
                    self.execute("DEALLOCATE q")
                return answer
            return self.ask(sql)
        except psycopg2.Error as error:
            return Answer(code=error.pgcode or "lost", message=str(error).strip().split("\n")[0])

    def stop(self):
        self.connection.close()
        if self.server and self.server.process.poll() is None:
            self.server.stop()
