"""tools/bench tpch: the 22 queries of TPC-H on Lathe, DuckDB and PostgreSQL, answers compared."""

import os

from peers import suite
from peers.workspace import FOREIGN_KEY_INDEXES, TABLES


def arguments(parser):
    parser.add_argument("--sf", type=float, default=1, help="scale factor (default 1)")
    suite.arguments(parser)


class Tpch(suite.Suite):
    ordered = True
    tables = TABLES
    indexes = FOREIGN_KEY_INDEXES

    def __init__(self, workspace, options):
        super().__init__(workspace, options)
        self.name = f"tpch-sf{options.sf:g}"
        self.title = f"TPC-H, SF {options.sf:g}"

    def schema(self):
        return self.workspace.schema(self.options.sf)

    def data(self, table):
        return self.workspace.data(self.options.sf, table)

    def version(self):
        return os.path.getmtime(self.workspace.program("lathe-tpch"))

    def queries(self):
        return [(f"Q{number}", self.workspace.query(number)) for number in range(1, 23)]


def run(workspace, options):
    return {"sf": options.sf, **suite.run(Tpch(workspace, options))}
