#!/usr/bin/env python3
"""Runs many seeds of the simulation in blocks; may be stopped and started again.

Usage: soak.py PROGRAM RESULTS [--from N] [--seeds N] [--block N]
RESULTS gets one line per block; blocks that are there already are not run again. Exit status 1 when a seed failed.
"""
import argparse
import os
import re
import subprocess
import sys


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("results")
    parser.add_argument("--from", dest="first", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=100000)
    parser.add_argument("--block", type=int, default=100)
    options = parser.parse_args()
    done = {}
    if os.path.exists(options.results):
        with open(options.results, encoding="utf-8") as file:
            for line in file:
                words = line.split(maxsplit=3)
                done[int(words[0])] = int(words[1]), int(words[2])
    with open(options.results, "a", encoding="utf-8") as file:
        for block in range(options.first, options.first + options.seeds, options.block):
            if block in done:
                continue
            run = subprocess.run([options.program, "--from", str(block), "--seeds", str(options.block)],
                                 capture_output=True, text=True)
            failed = re.findall(r"^seed (\d+)", run.stdout, re.M)
            count = len(failed) if run.returncode in (0, 1) else options.block
            text = (run.stdout if run.returncode in (0, 1) else run.stderr).strip().replace("\n", " | ")
            file.write(f"{block} {options.block} {count} {text}\n")
            file.flush()
            done[block] = options.block, count
    print(f"{sum(seeds for seeds, _ in done.values())} seeds, {sum(count for _, count in done.values())} failed")
    return 1 if any(count for _, count in done.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
