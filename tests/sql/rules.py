#!/usr/bin/python3
"""Runs the SQL tests with each optimizer rule switched off in turn: the answers must be the same.

  rules.py --lathed PATH [FILES...]

Without FILES: all but those named *_plans.slt, which show the plans of all rules together.
The rules are those of codegen/optimize/rules.def that are not required. The exit status is 1 if anything failed.
"""
import argparse
import glob
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
RULES = os.path.join(HERE, "..", "..", "codegen", "optimize", "rules.def")


def optional_rules():
    text = open(RULES, encoding="utf-8").read()
    return re.findall(r"^LATHE_RULE\((\w+), \w+, false,", text, re.MULTILINE)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lathed", required=True)
    parser.add_argument("files", nargs="*")
    args = parser.parse_args()
    files = args.files or [name for name in sorted(glob.glob(os.path.join(HERE, "*.slt")))
                           if not name.endswith("_plans.slt")]
    failed = 0
    for rule in optional_rules():
        command = [sys.executable, os.path.join(HERE, "run.py"), "--lathed", args.lathed,
                   "--set", "lathe.disable_rules=" + rule] + files
        result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        print(f"without {rule}: {result.stdout.strip().splitlines()[-1]}", flush=True)
        if result.returncode != 0:
            failed += 1
            print(result.stdout, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
