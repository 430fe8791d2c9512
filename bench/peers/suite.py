"""A set of queries over generated tables, on Lathe, DuckDB and PostgreSQL in turns: times, ratios, answers compared.

A suite says what the tables and queries are (class Suite); run() loads the engines, measures and reports. Run 1 of a query
finds the data in memory and no code of this query; hot is the median of the runs from the third on.
"""

import contextlib
import os
import re

import psycopg2

from peers import answers, chart, duckdb, measure, subjects
from peers.workspace import copy_in

FIRST_HOT_RUN = 2  # the runs before it count as warming up


class Suite:
    """What a benchmark runs over. Subclasses give the tables, their data and the queries."""

    name = ""           # of the files written
    title = ""          # of the table and the chart
    ordered = False     # answers are compared in order; otherwise as bags
    tables = ()
    indexes = ()        # "table (columns)", for PostgreSQL; Lathe and DuckDB have the primary keys only

    def __init__(self, workspace, options):
        self.workspace = workspace
        self.options = options

    def schema(self):
        """CREATE TABLE statements, separated by semicolons."""
        raise NotImplementedError

    def data(self, table):
        """The path of the table's rows: fields separated by '|', no quoting."""
        raise NotImplementedError

    def version(self):
        """A time; a peer's kept database that is older is loaded again."""
        return 0.0

    def queries(self):
        """[(label, SQL)]."""
        raise NotImplementedError


def arguments(parser, peers="duckdb,postgres"):
    """The options that every suite has."""
    parser.add_argument("--threads", type=int, default=1, help="threads of a query (default 1)")
    parser.add_argument("--queries", help="such as 1,3,5-16 (default all)")
    parser.add_argument("--rounds", type=int, default=7, help="runs per query (default 7)")
    parser.add_argument("--peers", default=peers,
                        help=f"which to measure beside Lathe (default {peers}; none: no peers)")
    parser.add_argument("--query-memory", metavar="SIZE",
                        help="measure Lathe also with this lathe.query_memory, such as 2GB")
    parser.add_argument("--cache", metavar="DIR",
                        help="keep the loaded databases there and use them again")
    parser.add_argument("--cache-lathe", action="store_true",
                        help="with --cache: keep Lathe's database too")


def parse_numbers(text, count):
    """[1, 3, 5, 6, 7] from "1,3,5-7"; 1 to count from None."""
    if not text:
        return list(range(1, count + 1))
    numbers = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        numbers += range(int(first), int(last or first) + 1)
    return [number for number in numbers if number <= count]


@contextlib.contextmanager
def closed_on_failure(engine):
    """Gives the engine; closes it if the block fails."""
    try:
        yield engine
    except BaseException:
        engine.close()
        raise


class SqlEngine:
    """A server that speaks PostgreSQL's protocol, through one connection."""

    def __init__(self, server, threads, name=None, settings=(), owner=True):
        self.name = name or server.name
        self.server = server
        self.threads = threads
        self.settings = list(settings)
        self.owner = owner
        self.open()

    def open(self):
        self.connection = self.server.connect()
        self.server.prepare_session(self.connection, self.threads)
        for statement in self.settings:
            self.connection.cursor().execute(statement)

    def run(self, sql):
        return measure.timed(self.connection, sql)

    def reset_peak(self):
        """Forgets the process's peak of memory (Linux)."""
        try:
            with open(f"/proc/{self.server.process.pid}/clear_refs", "w") as file:
                file.write("5")
        except OSError:
            pass

    def peak_mib(self):
        """Most resident memory of the server's process since reset_peak(), in MiB."""
        try:
            with open(f"/proc/{self.server.process.pid}/status") as file:
                return int(re.search(r"VmHWM:\s+(\d+) kB", file.read()).group(1)) / 1024
        except (OSError, AttributeError):
            return None

    def close(self):
        self.connection.close()
        if self.owner:
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


def cached(suite, name):
    """(folder of a kept database or None, whether it is complete and of this data, its mark)."""
    if not suite.options.cache:
        return None, False, None
    folder = os.path.join(os.path.abspath(suite.options.cache), f"{name}-{suite.name}")
    mark = folder + ".complete"
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    return folder, os.path.exists(mark) and os.path.getmtime(mark) >= suite.version(), mark


def finish(mark):
    if mark:
        open(mark, "w").close()


def load(engine, suite):
    """Makes and fills the suite's tables over the protocol."""
    for table in suite.tables:
        engine.run(f"DROP TABLE IF EXISTS {table}")
    engine.run(suite.schema())
    for table in suite.tables:
        copy_in(engine.connection, table, suite.data(table))
    for index in suite.indexes if engine.name.startswith("postgres") else ():
        engine.run(f"CREATE INDEX ON {index}")


def open_lathe(suite):
    options = suite.options
    folder, complete, mark = cached(suite, "lathe") if options.cache_lathe else (None, False, None)
    with closed_on_failure(SqlEngine(subjects.lathe(suite.workspace, options, folder),
                                     options.threads)) as engine:
        if not complete:
            load(engine, suite)
            engine.run("VACUUM ANALYZE")
            finish(mark)
        return engine


def limited_lathe(engine, options):
    """Another session of the same server, with a memory limit for its queries."""
    return SqlEngine(engine.server, options.threads, f"{engine.name}-{options.query_memory}",
                     [f"SET lathe.query_memory = '{options.query_memory}'"], owner=False)


def open_postgres(suite):
    folder, complete, mark = cached(suite, "postgres")
    with closed_on_failure(SqlEngine(subjects.postgres(suite.options, folder),
                                     suite.options.threads)) as engine:
        if not complete:
            load(engine, suite)
            engine.run("VACUUM (ANALYZE, FREEZE)")
            finish(mark)
        return engine


def load_duckdb(engine, suite):
    """Makes and fills the suite's tables from the same files."""
    for table in suite.tables:
        engine.run(f"DROP TABLE IF EXISTS {table}")
    for statement in suite.schema().split(";"):
        if statement.strip():
            engine.run(statement)
    for table in suite.tables:
        path = suite.data(table).replace("'", "''")
        engine.run(f"COPY {table} FROM '{path}' (DELIMITER '|', HEADER false, QUOTE '', "
                   "ESCAPE '', NULLSTR '\\N')")


def open_duckdb(suite):
    folder, complete, mark = cached(suite, "duckdb")
    with closed_on_failure(duckdb.DuckDB(suite.workspace.modules, suite.options.threads,
                                         folder + ".db" if folder else ":memory:")) as engine:
        if not complete:
            load_duckdb(engine, suite)
        if mark and not complete:
            engine.run("CHECKPOINT")
            finish(mark)
        return engine


OPENERS = {"postgres": open_postgres, "duckdb": open_duckdb}


def warm(engines, suite):
    """Reads every column of every table once, so that no engine's first run waits for the disk."""
    reference = engines[0]
    for table in suite.tables:
        cursor = reference.connection.cursor()
        cursor.execute(f"SELECT * FROM {table} LIMIT 0")
        columns = ", ".join(f"count({column[0]})" for column in cursor.description)
        for engine in engines:
            ask(engine, f"SELECT {columns} FROM {table}")


def measure_query(engines, sql, rounds):
    """Runs a query on every engine in turns: {engine: {"samples", "rows", "refusal", "peak_mib"}}."""
    found = {engine.name: {"samples": [], "rows": None, "refusal": None, "peak_mib": None}
             for engine in engines}
    for _ in range(rounds):
        for engine in engines:
            entry = found[engine.name]
            if entry["refusal"]:
                continue
            if isinstance(engine, SqlEngine):
                engine.reset_peak()
            try:
                time, rows = ask(engine, sql)
            except Unanswered as error:
                entry["refusal"] = str(error)
                continue
            entry["samples"].append(time)
            entry["rows"] = rows if entry["rows"] is None else entry["rows"]
            if isinstance(engine, SqlEngine):
                peak = engine.peak_mib()
                entry["peak_mib"] = max(filter(None, [peak, entry["peak_mib"]]), default=None)
    return found


def compare(found, ordered):
    """{engine: difference} against PostgreSQL's answer, or else DuckDB's, or else the first engine's."""
    rows = {name: entry["rows"] for name, entry in found.items() if entry["rows"] is not None}
    reference = next((name for name in ("postgres", "duckdb", *rows) if name in rows), None)
    differences = {}
    for name, answer in rows.items():
        if name == reference:
            continue
        double = "duckdb" in (name, reference)
        relative = answers.RELATIVE_DOUBLE if double else answers.RELATIVE
        expected = rows[reference] if ordered else answers.in_any_order(rows[reference])
        actual = answer if ordered else answers.in_any_order(answer)
        difference = answers.difference(expected, actual, relative)
        if difference:
            differences[name] = f"{difference} (of {reference})"
    return differences


def times_of(samples):
    """The figures of one query on one engine."""
    hot = samples[FIRST_HOT_RUN:] or samples
    return {"first": samples[0], "hot": measure.median(hot), "least": min(samples)}


def ratio(result, which, top, bottom):
    """How many times slower `top` is than `bottom` in a query; None where one did not answer."""
    times = result["times_ms"]
    if top in times and bottom in times and times[bottom][which] > 0:
        return times[top][which] / times[bottom][which]
    return None


def summarise(results, names):
    """Totals, geometric means and ratios to the first engine, over the queries that all engines answer."""
    complete = [r for r in results if all(name in r["times_ms"] for name in names)]
    summary = {"queries_in_totals": len(complete)}
    for which in ("first", "hot", "least"):
        times = {name: [r["times_ms"][name][which] for r in complete] for name in names}
        means = {name: measure.geomean(times[name]) for name in names}
        summary[which] = {
            "total_ms": {name: sum(times[name]) for name in names},
            "geomean_ms": means,
            "geomean_ratio": {name: means[name] / means[names[0]] for name in names[1:]}
            if complete else {}}
    summary["slowest_ratio"] = {
        name: max((value for r in results
                   if (value := ratio(r, "hot", names[0], name)) is not None), default=None)
        for name in names[1:]}
    return summary


def report(results, names, summary, title):
    """Prints the table of times and ratios."""
    subject, peers = names[0], names[1:]

    def two(value):
        return None if value is None else f"{value:.2f}"

    header = ["query", *(f"{name} ms" for name in names), f"{subject} run 1",
              *(f"{peer}/{subject}" for peer in peers), *(f"least: {peer}/{subject}" for peer in peers),
              *(f"run 1: {peer}/{subject}" for peer in peers), "rows"]
    table = []
    for result in results:
        times = result["times_ms"]
        table.append([
            result["query"], *(times[name]["hot"] if name in times else None for name in names),
            times[subject]["first"] if subject in times else None,
            *(two(ratio(result, "hot", peer, subject)) for peer in peers),
            *(two(ratio(result, "least", peer, subject)) for peer in peers),
            *(two(ratio(result, "first", peer, subject)) for peer in peers), result["rows"]])
    for label, key in (("total", "total_ms"), ("geomean", "geomean_ms")):
        def against(which, peer):
            values = summary[which][key]
            return two(values[peer] / values[subject]) if values[subject] else None
        table.append([label, *(summary["hot"][key][name] for name in names),
                      summary["first"][key][subject],
                      *(against(which, peer) for which in ("hot", "least", "first") for peer in peers),
                      summary["queries_in_totals"]])
    print(title)
    print("ms: hot, the median of the runs from the third on; X/" + subject + ": how many times as "
          "long X takes;\ntotal and geomean: over the queries that all engines answer")
    measure.print_table(header, table)


def run(suite):
    """Loads, measures, reports; the dictionary for the JSON file."""
    options = suite.options
    peers = [name for name in options.peers.split(",") if name and name != "none"]
    unknown = [name for name in peers if name not in OPENERS]
    if unknown:
        raise duckdb.DuckDBError(f"unknown peer {unknown[0]}; there are {', '.join(OPENERS)}")
    queries = suite.queries()
    numbers = parse_numbers(options.queries, len(queries))
    engines, results = [], []
    load_before = os.getloadavg()[0]
    try:
        engines.append(open_lathe(suite))
        if options.query_memory:
            engines.append(limited_lathe(engines[0], options))
        for name in peers:
            engines.append(OPENERS[name](suite))
        warm(engines, suite)
        for number in numbers:
            label, sql = queries[number - 1]
            found = measure_query(engines, sql, options.rounds)
            differences = compare(found, suite.ordered)
            refusals = {name: entry["refusal"] for name, entry in found.items() if entry["refusal"]}
            results.append({
                "query": label, "differences": differences, "refusals": refusals,
                "rows": next((len(e["rows"]) for e in found.values() if e["rows"] is not None), 0),
                "samples_ms": {name: entry["samples"] for name, entry in found.items()},
                "peak_mib": {name: entry["peak_mib"] for name, entry in found.items()
                             if entry["peak_mib"]},
                "times_ms": {name: times_of(entry["samples"]) for name, entry in found.items()
                             if entry["samples"] and not entry["refusal"]}})
            for name, text in [*refusals.items(), *differences.items()]:
                print(f"{label} on {name}: {text}", flush=True)
        names = [engine.name for engine in engines]
    finally:
        for engine in reversed(engines):
            engine.close()
    summary = summarise(results, names)
    title = f"{suite.title}, {options.threads} thread(s), {options.rounds} runs in turns"
    report(results, names, summary, title)
    path = chart.write(suite.workspace.result(f"{suite.name}-t{options.threads}.svg"), title, names,
                       [(r["query"], {n: t["hot"] for n, t in r["times_ms"].items()}) for r in results])
    print("chart:", os.path.relpath(path))
    wrong = sum(bool(result["differences"]) for result in results)
    refused = sum(bool(result["refusals"]) for result in results)
    print(f"answers: {len(results) - wrong} of {len(results)} queries agree"
          + (f", {refused} not answered by all engines" if refused else ""))
    return {"file": f"{suite.name}-t{options.threads}", "title": title, "threads": options.threads, "rounds": options.rounds,
            "load_before": load_before, "queries": results, "summary": summary,
            "failed": wrong != 0 or any("lathe" in r["refusals"] for r in results)}
