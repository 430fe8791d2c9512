"""DuckDB, in process in Node.js, as a peer: runs statements and times them inside."""

import json
import os
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))


class DuckDBError(Exception):
    """DuckDB refused a statement or is not installed."""


class DuckDB:
    """One DuckDB instance; stopped by close() or at the end of a with block."""

    name = "duckdb"

    def __init__(self, modules, threads, database=":memory:"):
        """modules: the folder that has node_modules/@duckdb/node-api."""
        if not os.path.isdir(os.path.join(modules, "node_modules", "@duckdb")):
            raise DuckDBError("DuckDB is not installed; run tools/setup --bench")
        node = shutil.which("node")
        if node is None:
            raise DuckDBError("Node.js is not installed; run tools/setup --bench")
        self.process = subprocess.Popen(
            [node, os.path.join(HERE, "duckdb.mjs"), modules, database, str(threads)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.receive()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def receive(self):
        line = self.process.stdout.readline()
        if not line:
            raise DuckDBError("DuckDB's process ended")
        return json.loads(line)

    def run(self, sql):
        """Runs one statement; (milliseconds, rows of texts)."""
        self.process.stdin.write(json.dumps({"sql": sql}) + "\n")
        self.process.stdin.flush()
        reply = self.receive()
        if "error" in reply:
            raise DuckDBError(reply["error"])
        return reply["ms"], [tuple(row) for row in reply["rows"]]

    def close(self):
        """Ends the process."""
        if self.process.poll() is None:
            self.process.stdin.close()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
