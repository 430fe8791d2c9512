"""Suites whose data this project makes: a folder with schema.sql, data.sql and queries.sql.

data.sql is DuckDB's SQL and makes one table per table of the schema; {scale} in it is the scale factor, random(i, salt) a
number in [0, 1) that depends on its arguments only. The rows are written once per scale as text, for all engines.
queries.sql has the queries, each behind a line "-- NAME: what it asks".
"""

import os
import re

from peers import duckdb, suite
from peers.workspace import ROOT

RANDOM = ("CREATE MACRO random_of(i, salt) AS "
          "(hash(i * 2654435761 + salt * 40503) % 1000000007)::DOUBLE / 1000000007.0")


def arguments(parser):
    parser.add_argument("--sf", type=float, default=1, help="scale factor (default 1)")
    suite.arguments(parser)


class Generated(suite.Suite):
    """The suite of a folder."""

    def __init__(self, workspace, options, folder, title):
        super().__init__(workspace, options)
        self.folder = os.path.join(ROOT, "bench", folder)
        self.name = f"{folder}-sf{options.sf:g}"
        self.title = f"{title}, scale {options.sf:g}"
        self.tables = re.findall(r"CREATE TABLE (\w+)", self.schema())
        self.indexes = re.findall(r"^-- index: (.*)$", self.read("schema.sql"), re.MULTILINE)

    def read(self, name):
        with open(os.path.join(self.folder, name), encoding="utf-8") as file:
            return file.read()

    def schema(self):
        return re.sub(r"^--.*\n", "", self.read("schema.sql"), flags=re.MULTILINE)

    def version(self):
        return max(os.path.getmtime(os.path.join(self.folder, name))
                   for name in ("schema.sql", "data.sql"))

    def queries(self):
        parts = re.split(r"^-- (\w+): .*\n", self.read("queries.sql"), flags=re.MULTILINE)
        return [(parts[i], parts[i + 1].strip().rstrip(";")) for i in range(1, len(parts), 2)]

    def data(self, table):
        folder = os.path.join(self.workspace.results, "data", self.name)
        path = os.path.join(folder, table + ".tbl")
        if not os.path.exists(path) or os.path.getmtime(path) < self.version():
            self.generate(folder)
        return path

    def generate(self, folder):
        """Writes all tables."""
        os.makedirs(folder, exist_ok=True)
        script = re.sub(r"^--.*\n", "", self.read("data.sql"), flags=re.MULTILINE)
        script = script.replace("{scale}", repr(float(self.options.sf))).replace("random(", "random_of(")
        with duckdb.DuckDB(self.workspace.modules, os.cpu_count() or 1) as engine:
            engine.run(RANDOM)
            for statement in self.schema().split(";") + script.split(";"):
                if statement.strip():
                    engine.run(statement)
            for table in self.tables:
                path = os.path.join(folder, table + ".tbl")
                quoted = (path + ".new").replace("'", "''")
                engine.run(f"COPY {table} TO '{quoted}' "
                           "(DELIMITER '|', HEADER false, QUOTE '', ESCAPE '', NULLSTR '\\N')")
                os.rename(path + ".new", path)


def run(workspace, options, folder, title):
    return {"sf": options.sf, **suite.run(Generated(workspace, options, folder, title))}
