"""tools/bench load: COPY of lineitem through the protocol into Lathe and PostgreSQL, with the same primary key."""

import os
import time

from peers import measure, subjects
from peers.workspace import copy_in


def arguments(parser):
    parser.add_argument("--sf", type=float, default=1, help="scale factor (default 1)")
    parser.add_argument("--rounds", type=int, default=3, help="loads per server (default 3)")


def load_once(server, connection, schema, path):
    """Seconds of one COPY into a new table."""
    cursor = connection.cursor()
    cursor.execute("DROP TABLE IF EXISTS lineitem")
    cursor.execute(schema)
    if server.name == "postgres":
        cursor.execute("CHECKPOINT")
    start = time.perf_counter()
    copy_in(connection, "lineitem", path)
    return time.perf_counter() - start


def run(workspace, options):
    schema = workspace.schema(options.sf, "lineitem")
    path = workspace.data(options.sf, "lineitem")
    megabytes = os.path.getsize(path) / 1e6
    with subjects.lathe(workspace, options) as lathe, subjects.postgres(options) as postgres:
        servers = [lathe, postgres]
        connections = {server.name: server.connect() for server in servers}
        seconds = {server.name: [] for server in servers}
        syncs = []
        for _ in range(options.rounds):
            syncs.append(measure.sync_ms(lathe.directory))
            for server in servers:
                seconds[server.name].append(
                    load_once(server, connections[server.name], schema, path))
        counts = {name: measure.timed(connection, "SELECT count(*) FROM lineitem")[1][0][0]
                  for name, connection in connections.items()}
    medians = {name: measure.median(samples) for name, samples in seconds.items()}
    print(f"COPY of lineitem, SF {options.sf:g}, {megabytes:,.0f} MB, primary key "
          f"(l_orderkey, l_linenumber), {options.rounds} rounds interleaved; "
          f"fdatasync {measure.median(syncs):.2f} ms")
    measure.print_table(["", "median s", "MB/s", "rows"],
                        [[name, medians[name], megabytes / medians[name], counts[name]]
                         for name in medians])
    names = [server.name for server in servers]
    ratio = medians[names[1]] / medians[names[0]]
    print(f"\n{names[0]} loads at {ratio:.2f} times the speed of {names[1]}")
    if len(set(counts.values())) != 1:
        print("ROW COUNTS DIFFER")
    return {"sf": options.sf, "megabytes": megabytes, "seconds": seconds, "median_seconds": medians,
            "ratio": ratio, "fdatasync_ms": syncs, "rows": counts,
            "failed": len(set(counts.values())) != 1}
