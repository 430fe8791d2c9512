"""tools/bench tpch: the 22 queries on Lathe, PostgreSQL and DuckDB, hot, answers compared."""

import os

import psycopg2

from peers import answers, duckdb, measure, subjects
from peers.workspace import FOREIGN_KEY_INDEXES, TABLES, copy_in


def arguments(parser):
    parser.add_argument("--sf", type=float, default=1, help="scale factor (default 1)")
    parser.add_argument("--threads", type=int, default=1, help="threads of a query (default 1)")
    parser.add_argument("--queries", default="1-22", help="such as 1,3,5-16 (default all)")
    parser.add_argument("--rounds", type=int, default=5, help="timed runs per query (default 5)")
    parser.add_argument("--peers", default="postgres,duckdb",
                        help="which to measure beside Lathe (default postgres,duckdb)")
    parser.add_argument("--cache", metavar="DIR",
                        help="keep the peers' loaded databases there and use them again")


def parse_numbers(text):
    """[1, 3, 5, 6, 7] from "1,3,5-7"."""
    numbers = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        numbers += range(int(first), int(last or first) + 1)
    return numbers


def create_and_load(connection, workspace, scale_factor):
    cursor = connection.cursor()
    cursor.execute(workspace.schema(scale_factor))
    for table in TABLES:
        copy_in(connection, table, workspace.data(scale_factor, table))


class SqlEngine:
    """A server that speaks PostgreSQL's protocol, through one connection."""

    def __init__(self, server, threads):
        self.name = server.name
        self.server = server
        self.threads = threads
        self.open()

    def open(self):
        self.connection = self.server.connect()
        self.server.prepare_session(self.connection, self.threads)

    def run(self, sql):
        return measure.timed(self.connection, sql)

    def close(self):
        self.connection.close()
        self.server.close()


class Unanswered(Exception):
    """An engine refused a query; the message says how."""


def ask(engine, sql):
    """(milliseconds, rows) of one run; Unanswered if the engine refuses or fails."""
    try:
        return engine.run(sql)
    except psycopg2.Error as error:
        message = f"{error.pgcode or 'connection lost'} {(error.pgerror or str(error)).strip()}"
        if engine.connection.closed:
            engine.open()
        raise Unanswered(message.splitlines()[0]) from error
    except duckdb.DuckDBError as error:
        raise Unanswered(str(error).splitlines()[0]) from error


def open_lathe(workspace, options):
    engine = SqlEngine(subjects.lathe(workspace, options), options.threads)
    create_and_load(engine.connection, workspace, options.sf)
    engine.run("VACUUM ANALYZE")
    return engine


def cached(workspace, options, name):
    """(folder of a peer's database or None, whether it is complete and of this generator, its mark)."""
    if not options.cache:
        return None, False, None
    folder = os.path.join(os.path.abspath(options.cache), f"{name}-sf{options.sf:g}")
    mark = folder + ".complete"
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    generator = os.path.getmtime(workspace.program("lathe-tpch"))
    return folder, os.path.exists(mark) and os.path.getmtime(mark) >= generator, mark


def open_postgres(workspace, options):
    folder, complete, mark = cached(workspace, options, "postgres")
    engine = SqlEngine(subjects.postgres(options, folder), options.threads)
    if not complete:
        for table in TABLES:
            engine.run(f"DROP TABLE IF EXISTS {table}")
        create_and_load(engine.connection, workspace, options.sf)
        for index in FOREIGN_KEY_INDEXES:
            engine.run(f"CREATE INDEX ON {index}")
        engine.run("VACUUM (ANALYZE, FREEZE)")
        if mark:
            open(mark, "w").close()
    return engine


def open_duckdb(workspace, options):
    folder, complete, mark = cached(workspace, options, "duckdb")
    engine = duckdb.DuckDB(workspace.modules, options.threads,
                           folder + ".db" if folder else ":memory:")
    if not complete:
        for table in TABLES:
            engine.run(f"DROP TABLE IF EXISTS {table}")
        for statement in workspace.schema(options.sf).split(";"):
            if statement.strip():
                engine.run(statement)
        for table in TABLES:
            path = workspace.data(options.sf, table).replace("'", "''")
            engine.run(f"COPY {table} FROM '{path}' (DELIMITER '|', HEADER false, QUOTE '')")
        if mark:
            engine.run("CHECKPOINT")
            open(mark, "w").close()
    return engine


def measure_query(engines, sql, rounds):
    """Warms every engine, then times them in turns: ({engine: samples}, {engine: rows}, {engine: refusal})."""
    samples, rows, refusals = {}, {}, {}
    for engine in engines:
        try:
            rows[engine.name] = ask(engine, sql)[1]
            samples[engine.name] = []
        except Unanswered as error:
            refusals[engine.name] = str(error)
    for _ in range(rounds):
        for engine in engines:
            if engine.name not in samples:
                continue
            try:
                samples[engine.name].append(ask(engine, sql)[0])
            except Unanswered as error:
                refusals[engine.name] = str(error)
                del samples[engine.name]
    return samples, rows, refusals


def compare(rows):
    """{engine: difference} against PostgreSQL's answer, or DuckDB's where there is none."""
    reference = next((name for name in ("postgres", "duckdb") if name in rows), None)
    if reference is None:
        return {}
    found = {}
    for name, answer in rows.items():
        relative = (answers.RELATIVE_DOUBLE if "duckdb" in (name, reference) else answers.RELATIVE)
        difference = answers.difference(rows[reference], answer, relative)
        if name != reference and difference:
            found[name] = difference
    return found


def report(results, names, options):
    """Prints the table; returns the summary for JSON."""
    subject, peers = names[0], names[1:]
    header = ["query", *(f"{name} ms" for name in names), *(f"{peer}/{subject}" for peer in peers),
              "rows"]
    table = []
    for result in results:
        times = result["median_ms"]
        ratios = [times[peer] / times[subject] if peer in times and subject in times else None
                  for peer in peers]
        table.append([f"Q{result['query']}", *(times.get(name) for name in names),
                      *(ratio if ratio is None else f"{ratio:.2f}" for ratio in ratios),
                      result["rows"]])
    complete = [r["median_ms"] for r in results if all(name in r["median_ms"] for name in names)]
    totals = {name: sum(times[name] for times in complete) for name in names}
    means = {name: measure.geomean([times[name] for times in complete]) for name in names}
    ratios = {peer: means[peer] / means[subject] for peer in peers} if complete else {}
    table.append(["total", *(totals[name] for name in names),
                  *(f"{totals[peer] / totals[subject]:.2f}" if complete else None for peer in peers),
                  len(complete)])
    table.append(["geomean", *(means[name] for name in names),
                  *(f"{ratios[peer]:.2f}" if complete else None for peer in peers), len(complete)])
    print(f"TPC-H, SF {options.sf:g}, {options.threads} thread(s), hot, median of {options.rounds} "
          f"runs in turns; total and geomean over the queries that all answer")
    measure.print_table(header, table)
    return {"total_ms": totals, "geomean_ms": means, "geomean_ratio": ratios,
            "queries_in_totals": len(complete)}


def run(workspace, options):
    openers = {"postgres": open_postgres, "duckdb": open_duckdb}
    peers = [name for name in options.peers.split(",") if name]
    engines = []
    results = []
    try:
        engines.append(open_lathe(workspace, options))
        for name in peers:
            engines.append(openers[name](workspace, options))
        for number in parse_numbers(options.queries):
            samples, rows, refusals = measure_query(engines, workspace.query(number),
                                                    options.rounds)
            differences = compare(rows)
            results.append({
                "query": number, "samples_ms": samples, "differences": differences,
                "refusals": refusals, "rows": len(next(iter(rows.values()), [])),
                "median_ms": {name: measure.median(times) for name, times in samples.items()}})
            for name, text in [*refusals.items(), *differences.items()]:
                print(f"Q{number} on {name}: {text}")
    finally:
        for engine in engines:
            engine.close()
    summary = report(results, [engine.name for engine in engines], options)
    wrong = sum(bool(result["differences"]) for result in results)
    print(f"\nanswers: {wrong} of {len(results)} queries differ between engines" if wrong
          else f"\nanswers: all {len(results)} queries agree where answered")
    return {"sf": options.sf, "threads": options.threads, "queries": results, **summary,
            "failed": wrong != 0}
