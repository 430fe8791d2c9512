#!/usr/bin/env python3
"""Measures the tests: switches on each planted bug of dist/raft/mutants.h and sees which tool finds it.

Usage: mutants.py BIN_DIR SOURCE_DIR [--seeds N] [--explore STATES] [--only NAME,...] [--table FILE]
BIN_DIR holds lathe-raft-sim-mutants, lathe-raft-explore-mutants and lathe-raft-script-mutants. Each tool
runs in a process of its own, for a failed check ends it; that is a kill too. Exit status 1 when a bug survives all.
"""
import argparse
import os
import re
import statistics
import subprocess
import sys


def run(command, timeout):
    """Exit status and output. What hangs is cut off: a tool that comes to its end without the bug has then found it."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout)
        return done.returncode, done.stdout.decode("utf-8", "replace")
    except subprocess.TimeoutExpired:
        return -1, "hangs"


def last_line(output):
    lines = output.strip().splitlines()
    return lines[-1] if lines else "dies without a word"


def seed_that_kills(program, mutant, seeds):
    """The number of seeds that it took, or None. A crash names no seed, so seeds run in growing blocks."""
    first = 1
    while first <= seeds:
        count = min(1 if first < 16 else first // 4, seeds - first + 1)
        status, output = run([program, "--mutant", mutant, "--from", str(first), "--seeds", str(count),
                              "--seconds", "600", "--any"], 60 + 5 * count)
        if status != 0:
            found = re.search(r"^seed (\d+): (.*)", output, re.M)
            return (int(found.group(1)), found.group(2)) if found else (first + count - 1, last_line(output))
        first += count
    return None, ""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bin")
    parser.add_argument("source")
    parser.add_argument("--seeds", type=int, default=150)
    parser.add_argument("--explore", type=int, default=300000, help="distinct states")
    parser.add_argument("--only", default="")
    parser.add_argument("--table", help="write a Markdown table")
    options = parser.parse_args()
    text = open(os.path.join(options.source, "dist/raft/mutants.h"), encoding="utf-8").read()
    names = re.findall(r"X\((k\w+)\)", text)
    if options.only:
        names = [name for name in names if name in options.only.split(",")]
    program = lambda tool: os.path.join(options.bin, f"lathe-raft-{tool}-mutants")
    rows, killed, seeds_needed = [], 0, []
    for name in names:
        status, output = run([program("script"), "--mutant", name, os.path.join(options.source, "tests/sim/scripts")], 60)
        scripts = len(set(re.findall(r"^(\w+)\.txt", output, re.M))) or int(status != 0)
        explored = run([program("explore"), "--mutant", name, "--states", str(options.explore), "--seconds", "600",
                        "--table-bits", "22"], 700)[0] != 0
        seed, why = seed_that_kills(program("sim"), name, options.seeds)
        dead = seed is not None or explored or scripts
        killed += bool(dead)
        if seed is not None:
            seeds_needed.append(seed)
        print(f"{name:28} {'killed' if dead else 'SURVIVES':9} scripts {scripts or '-':>3} explorer "
              f"{'x' if explored else '-'} sim {seed or '-':>4}  {why[:100]}", flush=True)
        rows.append(f"| `{name}` | {scripts or '-'} | {'x' if explored else '-'} | {seed or '-'} |")
    median = statistics.median(seeds_needed) if seeds_needed else "-"
    summary = (f"{killed} of {len(names)} planted bugs killed; {len(seeds_needed)} by simulation, "
               f"median {median} seeds of 600 simulated seconds")
    print(summary)
    if options.table:
        with open(options.table, "w", encoding="utf-8") as out:
            out.write("| planted bug | scripts | explorer | seeds to kill |\n|---|---|---|---|\n")
            out.write("\n".join(rows) + "\n\n" + summary + "\n")
    return 0 if killed == len(names) else 1


if __name__ == "__main__":
    sys.exit(main())
