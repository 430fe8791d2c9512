"""Where things are: the repository, the build, the generated data."""

import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TABLES = ["region", "nation", "part", "supplier", "partsupp", "customer", "orders", "lineitem"]
FOREIGN_KEY_INDEXES = [
    "nation (n_regionkey)", "supplier (s_nationkey)", "partsupp (ps_suppkey)",
    "customer (c_nationkey)", "orders (o_custkey)", "lineitem (l_partkey, l_suppkey)",
    "lineitem (l_suppkey)"]


class NotBuilt(Exception):
    """A program is missing; the message says how to build it."""


class Workspace:
    """A build folder and the results beside it."""

    def __init__(self, build=None):
        self.build = os.path.abspath(build or os.path.join(ROOT, "build", "release"))
        self.results = os.path.join(ROOT, "build", "bench")
        self.modules = os.path.join(ROOT, "build", "peers")
        self.queries = os.path.join(ROOT, "bench", "tpch", "queries")

    def program(self, name):
        """The path of a built program."""
        path = os.path.join(self.build, "bin", name)
        if not os.access(path, os.X_OK):
            raise NotBuilt(f"{os.path.relpath(path)} is not built")
        return path

    def result(self, name):
        """The path of a file of results; its folder exists."""
        os.makedirs(self.results, exist_ok=True)
        return os.path.join(self.results, name)

    def make(self, *targets):
        """Builds targets with the release preset (other build folders are built as they are)."""
        release = self.build == os.path.join(ROOT, "build", "release")
        if release and not os.path.exists(os.path.join(self.build, "build.ninja")):
            self.run(["cmake", "--preset", "release"])
        self.run(["cmake", "--build", self.build, "--target", *targets])

    def run(self, command):
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True)
        if done.returncode != 0:
            sys.stderr.write(done.stdout[-4000:])
            raise NotBuilt("failed: " + " ".join(command))

    def query(self, number):
        """The text of a TPC-H query."""
        with open(os.path.join(self.queries, f"q{number:02}.sql")) as file:
            return file.read()

    def schema(self, scale_factor, table="all"):
        """The CREATE TABLE statements."""
        return subprocess.run([self.program("lathe-tpch"), "--schema", "--sf", str(scale_factor),
                               "--table", table], check=True, stdout=subprocess.PIPE,
                              text=True).stdout

    def data(self, scale_factor, table):
        """The path of a table's generated text; made at its first use and kept."""
        folder = os.path.join(self.results, "data", f"sf{scale_factor:g}")
        path = os.path.join(folder, table + ".tbl")
        generator = self.program("lathe-tpch")
        if os.path.exists(path) and os.path.getmtime(path) >= os.path.getmtime(generator):
            return path
        os.makedirs(folder, exist_ok=True)
        with open(path + ".new", "wb") as file:
            subprocess.run([generator, "--sf", str(scale_factor), "--table", table, "--out", "-"],
                           check=True, stdout=file)
        os.rename(path + ".new", path)
        return path


def copy_in(connection, table, path):
    """COPY of a '|'-separated text file through the protocol."""
    with open(path, "rb") as file:
        connection.cursor().copy_expert(
            f"COPY {table} FROM STDIN WITH (DELIMITER '|')", file, size=1 << 18)
