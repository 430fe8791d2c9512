"""tools/bench point: pgbench's select-only script, prepared, against Lathe and PostgreSQL in turns."""

import re
import subprocess

from peers import measure, subjects


class PgbenchError(Exception):
    """pgbench failed; the message is what it said."""


def arguments(parser):
    parser.add_argument("--scale", type=int, default=10, help="pgbench scale (default 10)")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--jobs", type=int, default=2, help="threads of pgbench (default 2)")
    parser.add_argument("--seconds", type=int, default=10, help="of one round (default 10)")
    parser.add_argument("--rounds", type=int, default=3, help="per server (default 3)")
    parser.add_argument("--mode", default="prepared", choices=["simple", "extended", "prepared"])


def pgbench(server, *parameters):
    done = subprocess.run(["pgbench", *map(str, parameters)], env=server.environment(),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise PgbenchError(f"pgbench against {server.name}: {done.stderr.strip()[-2000:]}")
    return done.stdout


def throughput(server, options):
    """Transactions per second of one round."""
    output = pgbench(server, "-n", "-S", "-M", options.mode, "-c", options.clients,
                     "-j", options.jobs, "-T", options.seconds)
    failed = re.search(r"number of failed transactions: (\d+)", output)
    if failed and failed.group(1) != "0":
        raise PgbenchError(f"{failed.group(1)} transactions failed on {server.name}")
    return float(re.search(r"tps = ([0-9.]+)", output).group(1))


def run(workspace, options):
    with subjects.lathe(workspace, options) as lathe, subjects.postgres(options) as postgres:
        servers = [lathe, postgres]
        for server in servers:
            pgbench(server, "-i", "-q", "-s", options.scale, "-I", "dtgvp")
        tps = {server.name: [] for server in servers}
        for _ in range(options.rounds):
            for server in servers:
                tps[server.name].append(throughput(server, options))
    medians = {name: measure.median(samples) for name, samples in tps.items()}
    print(f"pgbench -S -M {options.mode}, {options.clients} clients, scale {options.scale}, "
          f"{options.rounds} rounds of {options.seconds} s interleaved, TCP")
    measure.print_table(["", "median tps", "least", "most"],
                        [[name, medians[name], min(tps[name]), max(tps[name])] for name in medians])
    names = [server.name for server in servers]
    ratio = medians[names[0]] / medians[names[1]]
    print(f"\n{names[0]} has {ratio:.2f} times the throughput of {names[1]}")
    return {"scale": options.scale, "clients": options.clients, "mode": options.mode, "tps": tps,
            "median_tps": medians, "ratio": ratio}
