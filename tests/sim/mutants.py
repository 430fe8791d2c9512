#!/usr/bin/env python3
"""Measures the tests: switches on each planted bug of dist/raft/mutants.h and sees which tool finds it.

Usage: mutants.py BIN_DIR SOURCE_DIR [--seeds N] [--explore SECONDS] [--only NAME,...] [--table FILE]
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
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
        return done.returncode, done.stdout + done.stderr
    except subprocess.TimeoutExpired:
        return 0, ""


def seed_that_kills(program, mutant, seeds):
    """The number of seeds that it took, or None. A crash names no seed, so seeds run in growing blocks."""
    first = 1
    while first <= seeds:
        count = 1 if first < 16 else first // 4
        status, output = run([program, "--mutant", mutant, "--from", str(first), "--seeds", str(count),
                              "--seconds", "600", "--any"], 600)
        if status != 0:
            found = re.search(r"^seed (\d+): (.*)", output, re.M)
            text = found.group(2) if found else output.strip().splitlines()[-1][-90:]
            return (int(found.group(1)) if found else first + count - 1), text
        first += count
    return None, ""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bin")
    parser.add_argument("source")
    parser.add_argument("--seeds", type=int, default=300)
    parser.add_argument("--explore", type=int, default=20)
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
        seed, why = seed_that_kills(program("sim"), name, options.seeds)
        explored = scripted = False
        if options.explore and os.path.exists(program("explore")):
            explored = run([program("explore"), "--mutant", name, "--seconds", str(options.explore),
                            "--table-bits", "23"], options.explore + 60)[0] != 0
        if os.path.exists(program("script")):
            scripted = run([program("script"), "--mutant", name,
                            os.path.join(options.source, "tests/sim/scripts")], 60)[0] != 0
        dead = seed is not None or explored or scripted
        killed += dead
        if seed is not None:
            seeds_needed.append(seed)
        print(f"{name:28} {'killed' if dead else 'SURVIVES':9} sim {seed if seed else '-':>5} "
              f"explorer {'x' if explored else '-'} scripts {'x' if scripted else '-'}  {why[:100]}", flush=True)
        rows.append(f"| `{name}` | {seed or '-'} | {'x' if explored else '-'} | {'x' if scripted else '-'} |")
    median = statistics.median(seeds_needed) if seeds_needed else "-"
    summary = (f"{killed} of {len(names)} planted bugs killed; {len(seeds_needed)} by simulation, "
               f"median {median} seeds of 600 simulated seconds")
    print(summary)
    if options.table:
        with open(options.table, "w", encoding="utf-8") as out:
            out.write("| planted bug | seeds to kill | explorer | scripts |\n|---|---|---|---|\n")
            out.write("\n".join(rows) + "\n\n" + summary + "\n")
    return 0 if killed == len(names) else 1


if __name__ == "__main__":
    sys.exit(main())
