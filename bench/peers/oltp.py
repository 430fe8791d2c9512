"""tools/bench oltp: small transactions by many clients against Lathe and PostgreSQL in turns. See bench/oltp/README.md."""

import glob
import os
import re
import subprocess
import tempfile

from peers import measure, subjects
from peers.point import PgbenchError, pgbench
from peers.workspace import ROOT

LOADS = ("pgbench", "tpcc", "ycsb", "mixed")
SAMPLED_PER_RUN_MAX = 200000  # latencies kept of one run; more are sampled
TPCC = (("tpcc_payment.sql", 43), ("tpcc_order_status.sql", 4), ("tpcc_delivery.sql", 4), ("tpcc_stock_level.sql", 4))
NEW_ORDER_WEIGHT = 45
LINES_MIN, LINES_MAX, ITEMS = 5, 15, 100000

YCSB_KEY = r"\set k permute(random_zipfian(1, :records, 1.001) - 1, :records) + 1" "\n"
YCSB_READ = YCSB_KEY + "SELECT * FROM usertable WHERE id = :k;\n"
YCSB_UPDATE = YCSB_KEY + (r"\set v random(1, 1000000)" "\n"
                          "UPDATE usertable SET field3 = left(repeat(md5(:v::text), 4), 100) WHERE id = :k;\n")
YCSB_INSERT = (r"\set n :n + 1" "\n" r"\set k :records + :client_id + :n * :clients" "\n"
               "INSERT INTO usertable SELECT :k::int" +
               "".join(f", left(repeat(md5('{i}'), 4), 100)" for i in range(10)) + ";\n")
YCSB_LATEST = (r"\set back random_zipfian(1, 1000, 1.001)" "\n"
               r"\set k greatest(1, :records + :client_id + (:n + 1 - :back) * :clients)" "\n"
               "SELECT * FROM usertable WHERE id = :k;\n")
YCSB_SCAN = YCSB_KEY + (r"\set m random(1, 100)" "\n"
                        "SELECT * FROM usertable WHERE id >= :k ORDER BY id LIMIT :m;\n")
YCSB_CHANGE = YCSB_KEY + (r"\set v random(1, 1000000)" "\n"
                          "BEGIN;\nSELECT * FROM usertable WHERE id = :k FOR UPDATE;\n"
                          "UPDATE usertable SET field3 = left(repeat(md5(:v::text), 4), 100) WHERE id = :k;\nCOMMIT;\n")
YCSB = {
    "A": ((YCSB_READ, 50), (YCSB_UPDATE, 50)),
    "B": ((YCSB_READ, 95), (YCSB_UPDATE, 5)),
    "C": ((YCSB_READ, 1),),
    "D": ((YCSB_LATEST, 95), (YCSB_INSERT, 5)),
    "E": ((YCSB_SCAN, 95), (YCSB_INSERT, 5)),
    "F": ((YCSB_READ, 50), (YCSB_CHANGE, 50)),
}


def numbers(text):
    return [int(part) for part in text.split(",")]


def names(text):
    chosen = text.split(",")
    if unknown := set(chosen) - set(LOADS):
        raise ValueError(f"not a load: {', '.join(unknown)}")
    return chosen


def arguments(parser):
    parser.add_argument("--only", type=names, default=list(LOADS), help="loads, by commas (default: " + ",".join(LOADS) + ")")
    parser.add_argument("--clients", type=numbers, default=[1, 8, 64], help="numbers of clients, by commas (default 1,8,64)")
    parser.add_argument("--modes", default="simple,extended,prepared", help="protocols of pgbench's own loads")
    parser.add_argument("--scale", type=int, default=10, help="of pgbench's own tables (default 10)")
    parser.add_argument("--warehouses", type=int, default=4, help="of tpcc and mixed (default 4)")
    parser.add_argument("--records", type=int, default=100000, help="of ycsb (default 100000)")
    parser.add_argument("--jobs", type=int, default=2, help="threads of pgbench (default 2)")
    parser.add_argument("--seconds", type=int, default=8, help="of one round (default 8)")
    parser.add_argument("--rounds", type=int, default=3, help="per server (default 3)")


def new_order(folder):
    """Writes the script of a new order with 5 to 15 lines, items ascending so that orders do not wait in circles; its path."""
    text = [r"\set w random(1, :warehouses)", r"\set d random(1, 10)", r"\set c random(1, 3000)",
            rf"\set n random({LINES_MIN}, {LINES_MAX})", "BEGIN;",
            "SELECT w_tax FROM warehouse WHERE w_id = :w;",
            "UPDATE district SET d_next_o_id = d_next_o_id + 1 WHERE d_w_id = :w AND d_id = :d "
            r"RETURNING d_next_o_id - 1 AS o, d_tax \gset",
            "SELECT c_discount, c_last, c_credit FROM customer WHERE c_w_id = :w AND c_d_id = :d AND c_id = :c;",
            "INSERT INTO orders VALUES (:w, :d, :o, :c, now()::timestamp, NULL, :n);",
            "INSERT INTO new_order VALUES (:w, :d, :o);"]
    share = ITEMS // LINES_MAX
    for line in range(1, LINES_MAX + 1):
        if line > LINES_MIN:
            text.append(rf"\if :n >= {line}")
        text += [rf"\set i random({(line - 1) * share + 1}, {line * share})", r"\set q random(1, 10)",
                 "UPDATE stock SET s_quantity = CASE WHEN s_quantity >= :q + 10 THEN s_quantity - :q "
                 "ELSE s_quantity - :q + 91 END, s_ytd = s_ytd + :q, s_order_cnt = s_order_cnt + 1 "
                 "WHERE s_w_id = :w AND s_i_id = :i;",
                 f"INSERT INTO order_line SELECT :w::int, :d::int, :o::int, {line}, :i::int, NULL, :q::int, "
                 ":q::int * i_price, s_dist FROM item, stock WHERE i_id = :i AND s_w_id = :w AND s_i_id = :i;"]
        if line > LINES_MIN:
            text.append(r"\endif")
    text.append("COMMIT;")
    path = os.path.join(folder, "new_order.sql")
    with open(path, "w") as file:
        file.write("\n".join(text) + "\n")
    return path


def percentile(ordered, share):
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else None


def latencies(prefix):
    """Milliseconds of the transactions in pgbench's logs of that prefix, in order; removes the logs."""
    found = []
    for path in glob.glob(glob.escape(prefix) + "*"):
        with open(path) as log:
            found += [int(line.split()[2]) / 1000 for line in log if line.split()[2].isdigit()]
        os.remove(path)
    return sorted(found)


class Load:
    """One load on one server: pgbench's arguments but for time, clients and log."""

    def __init__(self, folder, options):
        self.folder, self.options = folder, options
        self.sampled = {}  # (server, label) -> tps seen, for the share of latencies that is logged

    def command(self, label, clients, seconds, extra, rate):
        prefix = os.path.join(self.folder, "log-" + re.sub(r"\W", "_", label))
        return prefix, ["-n", "-c", clients, "-j", min(self.options.jobs, clients), "-T", seconds, "-l",
                        "--log-prefix", prefix, "--sampling-rate", rate, "--max-tries", 50, *extra]

    def result(self, server, label, output, prefix):
        """What one run of pgbench says: tps, latencies in ms, retried and failed transactions."""
        failed = int(re.search(r"number of failed transactions: (\d+)", output).group(1))
        if failed:
            raise PgbenchError(f"{label}: {failed} transactions failed on {server.name}")
        retried = re.search(r"number of transactions retried: (\d+)", output)
        tps = float(re.search(r"tps = ([0-9.]+)", output).group(1))
        self.sampled[server.name, label] = tps
        times = latencies(prefix)
        return {"tps": tps, "retried": int(retried.group(1)) if retried else 0,
                **{f"p{int(share * 100)}": percentile(times, share) for share in (0.5, 0.95, 0.99)}}

    def rate(self, server, label):
        expected = self.sampled.get((server.name, label), 0) * self.options.seconds
        return 1 if expected < SAMPLED_PER_RUN_MAX else round(SAMPLED_PER_RUN_MAX / expected, 4)

    def run(self, server, label, clients, extra):
        prefix, command = self.command(label, clients, self.options.seconds, extra, self.rate(server, label))
        return self.result(server, label, pgbench(server, *command), prefix)

    def start(self, server, label, clients, extra):
        """As run, in the background; returns a function that waits for the result."""
        prefix, command = self.command(label, clients, self.options.seconds, extra, 1)
        process = subprocess.Popen(["pgbench", *map(str, command)], env=server.environment(), text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)

        def finish():
            output, errors = process.communicate()
            if process.returncode != 0:
                raise PgbenchError(f"{label} on {server.name}: {errors.strip()[-2000:]}")
            return self.result(server, label, output, prefix)
        return finish


def combined(samples):
    """The medians of several runs; None where a run has no figure."""
    return {key: measure.median([sample[key] for sample in samples])
            if all(sample[key] is not None for sample in samples) else None for key in samples[0]}


class Comparison:
    """Runs the cases on the servers in turns and keeps what came out."""

    def __init__(self, servers, load, options):
        self.servers, self.load, self.options = servers, load, options
        self.cases = []

    def run(self, label, clients, extra, before=None):
        """One case; before(server) runs ahead of each run."""
        samples = {server.name: [] for server in self.servers}
        for _ in range(self.options.rounds):
            for server in self.servers:
                if before is not None:
                    before(server)
                samples[server.name].append(self.load.run(server, label, clients, extra))
        self.add(label, clients, samples)

    def add(self, label, clients, samples):
        medians = {name: combined(runs) for name, runs in samples.items()}
        own, peer = (medians[server.name] for server in self.servers)
        case = {"load": label, "clients": clients, "medians": medians, "runs": samples,
                "ratio": own["tps"] / peer["tps"]}
        self.cases.append(case)
        print(f"  {label}, {clients} clients: {own['tps']:,.0f} and {peer['tps']:,.0f} tps, ratio {case['ratio']:.2f}",
              flush=True)

    def table(self):
        own, peer = (server.name for server in self.servers)
        rows = []
        for case in self.cases:
            a, b = case["medians"][own], case["medians"][peer]
            rows.append([case["load"], case["clients"], a["tps"], b["tps"], f"{case['ratio']:.2f}",
                         *(f"{a[p]:.2f} / {b[p]:.2f}" for p in ("p50", "p95", "p99")),
                         f"{a['retried']:.0f} / {b['retried']:.0f}"])
        measure.print_table(["load", "clients", f"{own} tps", f"{peer} tps", "ratio", "p50 ms", "p95 ms", "p99 ms",
                             "retried"], rows)


def run_sql(server, text):
    """Runs the statements of a file's text one by one on a connection of their own."""
    connection = server.connect()
    cursor = connection.cursor()
    for statement in re.sub(r"--[^\n]*", "", text).split(";"):
        if statement.strip():
            cursor.execute(statement)
    connection.close()


def statistics(server):
    connection = server.connect()
    connection.cursor().execute("VACUUM ANALYZE")
    connection.close()


def pgbench_loads(comparison, options):
    def fill(server):
        pgbench(server, "-i", "-q", "-s", options.scale, "-I", "dtgvp")
    for server in comparison.servers:
        fill(server)
    for script, label in (("select-only", "select-only"), ("tpcb-like", "TPC-B-like")):
        for mode in options.modes.split(","):
            for clients in options.clients:
                comparison.run(f"{label} {mode}", clients, ["-M", mode, "-b", script])


def tpcc_tables(workspace, servers, options):
    folder = os.path.join(ROOT, "bench", "oltp")
    with open(os.path.join(folder, "tpcc_schema.sql")) as schema, open(os.path.join(folder, "tpcc_data.sql")) as data:
        text = schema.read() + data.read().replace(":warehouses", str(options.warehouses))
    for server in servers:
        run_sql(server, text)
        statistics(server)


def tpcc_scripts(workspace, folder, options):
    scripts = ["-M", "prepared", "-D", f"warehouses={options.warehouses}", "-f", f"{new_order(folder)}@{NEW_ORDER_WEIGHT}"]
    for name, weight in TPCC:
        scripts += ["-f", os.path.join(ROOT, "bench", "oltp", name) + f"@{weight}"]
    return scripts


def ycsb_loads(comparison, folder, options):
    columns = ", ".join(f"field{i} varchar(100) NOT NULL" for i in range(10))
    fields = ", ".join(f"left(repeat(md5((i * 10 + {i})::text), 4), 100)" for i in range(10))
    for server in comparison.servers:
        run_sql(server, f"CREATE TABLE usertable (id integer PRIMARY KEY, {columns}); "
                        f"INSERT INTO usertable SELECT i, {fields} FROM generate_series(1, {options.records}) i")
        statistics(server)

    def without_new(server):
        run_sql(server, f"DELETE FROM usertable WHERE id > {options.records}")
    for letter, scripts in YCSB.items():
        for clients in options.clients:
            extra = ["-M", "prepared", "-D", f"records={options.records}", "-D", "n=0", "-D", f"clients={clients}"]
            for number, (text, weight) in enumerate(scripts):
                path = os.path.join(folder, f"ycsb_{letter}_{number}.sql")
                with open(path, "w") as file:
                    file.write(text)
                extra += ["-f", f"{path}@{weight}"]
            comparison.run(f"YCSB {letter}", clients, extra, without_new if letter in "DE" else None)


def mixed_load(comparison, scripts, workspace, options):
    """Writers alone, a reader alone, both together."""
    clients = 8
    readers = ["-M", "simple", "-f", os.path.join(ROOT, "bench", "oltp", "readers.sql")]
    cases = {"writers alone": [], "reports alone": [], "writers beside reports": [], "reports beside writers": []}
    samples = {label: {server.name: [] for server in comparison.servers} for label in cases}
    load = comparison.load
    for _ in range(options.rounds):
        for server in comparison.servers:
            samples["writers alone"][server.name].append(load.run(server, "writers alone", clients, scripts))
            samples["reports alone"][server.name].append(load.run(server, "reports alone", 1, readers))
            writing = load.start(server, "writers beside reports", clients, scripts)
            reading = load.start(server, "reports beside writers", 1, readers)
            samples["writers beside reports"][server.name].append(writing())
            samples["reports beside writers"][server.name].append(reading())
    for label, runs in samples.items():
        comparison.add("mixed: " + label, clients if label.startswith("writers") else 1, runs)


def run(workspace, options):
    with tempfile.TemporaryDirectory(prefix="lathe-bench-oltp-") as folder, \
            subjects.lathe(workspace, options) as lathe, subjects.postgres(options) as postgres:
        servers = [lathe, postgres]
        syncs = [measure.sync_ms(lathe.directory)]
        comparison = Comparison(servers, Load(folder, options), options)
        if "pgbench" in options.only:
            pgbench_loads(comparison, options)
        if "tpcc" in options.only or "mixed" in options.only:
            tpcc_tables(workspace, servers, options)
            scripts = tpcc_scripts(workspace, folder, options)
            if "tpcc" in options.only:
                for clients in options.clients:
                    comparison.run("TPC-C-like", clients, scripts)
            if "mixed" in options.only:
                mixed_load(comparison, scripts, workspace, options)
        if "ycsb" in options.only:
            ycsb_loads(comparison, folder, options)
        syncs.append(measure.sync_ms(lathe.directory))
    print(f"\n{options.rounds} rounds of {options.seconds} s per server in turns, TCP, commits durable; medians; "
          f"fdatasync {measure.median(syncs):.2f} ms; lathe / postgres")
    comparison.table()
    return {"scale": options.scale, "warehouses": options.warehouses, "records": options.records,
            "seconds": options.seconds, "rounds": options.rounds, "fdatasync_ms": syncs, "cases": comparison.cases}
