"""Taking times, summing them up, printing tables, writing JSON."""

import datetime
import json
import math
import os
import platform
import statistics
import tempfile
import time


def timed(connection, sql):
    """Runs one statement on a psycopg2 connection; (milliseconds, rows or None)."""
    cursor = connection.cursor()
    start = time.perf_counter()
    cursor.execute(sql)
    elapsed = (time.perf_counter() - start) * 1000
    rows = cursor.fetchall() if cursor.description is not None else None
    cursor.close()
    return elapsed, rows


def median(samples):
    return statistics.median(samples)


def geomean(values):
    """The geometric mean; None of nothing."""
    values = [value for value in values if value and value > 0]
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None


def sync_ms(directory, count=60):
    """Median milliseconds of a 4 KiB write and fdatasync in the directory: stands beside every durable figure."""
    samples = []
    with tempfile.NamedTemporaryFile(dir=directory) as file:
        for _ in range(count):
            start = time.perf_counter()
            os.write(file.fileno(), b"x" * 4096)
            os.fdatasync(file.fileno())
            samples.append((time.perf_counter() - start) * 1000)
    return median(samples)


def machine():
    """What a figure needs to be read later."""
    model = ""
    try:
        with open("/proc/cpuinfo") as info:
            model = next((line.split(":", 1)[1].strip() for line in info
                          if line.startswith("model name")), "")
    except OSError:
        pass
    return {"cpu": model, "cores": os.cpu_count(), "kernel": platform.release(),
            "load": os.getloadavg()[0]}


def show(value, digits=1):
    """A cell: a number with some digits, a dash for nothing."""
    if value is None:
        return "-"
    return f"{value:,.{digits}f}" if isinstance(value, float) else str(value)


def print_table(header, rows):
    """Prints a table whose first column is text and whose others are aligned to the right."""
    cells = [[show(cell) for cell in row] for row in [header, *rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    for index, row in enumerate(cells):
        print("  ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                        for i, (cell, width) in enumerate(zip(row, widths))).rstrip())
        if index == 0:
            print("  ".join("-" * width for width in widths))


def write_json(folder, name, result):
    """Writes build/bench/NAME.json, with the machine and the time of the run; returns the path."""
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name + ".json")
    now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
    with open(path, "w") as file:
        json.dump({"benchmark": name, "time": now, "machine": machine(), **result}, file, indent=1)
        file.write("\n")
    return path
