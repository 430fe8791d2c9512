#!/usr/bin/python3
"""Random queries through Lathe in many configurations, compared with each other and with PostgreSQL.

  run.py --lathed PATH --count 500                          a server of its own; configurations against each other
  run.py --lathed PATH --postgres 5432 --count 50000 --state F --findings DIR
                                                            also against the PostgreSQL 15 on that port; goes on where it stopped
  run.py --lathed PATH --postgres 5432 --seed 7 --only 123  one query, printed, in all its configurations

Query i of a seed is the same in every run and on every machine as long as the generator does not change. A configuration is a
state of the data (schema.STATES: not folded, folded, folded and changed since, in partitions and heirs) with settings: tier,
threads, memory limit, optimizer rules off, plan cache off, prepared. Every query runs in the base configuration and in --configs random ones; every
sixth is a TLP or NoREC check instead (checks.py), and some run a second time with other literals, which shares their plan.

The exit status is 1 if there was a finding: a wrong answer, a crash, an error where PostgreSQL has none.
"""
import argparse
import collections
import json
import os
import random
import re
import sys
import tempfile
import time

import checks
import schema
from engines import BASE, TIMEOUT_MS, Config, Lathe, Oracle, Postgres, optional_rules, random_config
from minimise import minimise
from queries import Queries

DATA_EVERY = 20000  # queries over the same rows
ORACLE_EVERY = 4     # queries, one of which the plain evaluator answers too


class Finding(Exception):
    """A query whose answers do not agree."""

    def __init__(self, verdict, text, config, sql, fails=None, node=None):
        super().__init__(text)
        self.verdict, self.text, self.config, self.sql = verdict, text, config, sql
        self.fails, self.node = fails, node


class Runner:
    """One run over a range of queries."""

    def __init__(self, options, lathe, postgres, oracle=None):
        self.options, self.lathe, self.postgres, self.oracle = options, lathe, postgres, oracle
        self.rules = optional_rules()
        self.counts = collections.Counter()
        self.notes = collections.defaultdict(list)   # verdict -> [(message, SQL)]
        self.signatures = collections.Counter()
        self.loaded = None

    def load(self, index):
        """Fills the tables for this query's block."""
        seed = self.options.seed * 1000 + index // DATA_EVERY
        if self.loaded == seed:
            return
        self.lathe.execute("SET statement_timeout = 0")
        for state in schema.STATES:
            for statement in schema.statements(seed, state):
                self.lathe.execute(statement)
        self.lathe.execute(f"SET statement_timeout = {self.lathe.timeout_ms}")
        self.lathe.active["search_path"] = ""
        if self.postgres:
            self.postgres.execute("SET statement_timeout = 0")
            self.postgres.load(schema.statements(seed, BASE.state))
            self.postgres.execute(f"SET statement_timeout = {self.postgres.timeout_ms}")
        if self.oracle:
            self.oracle.load(seed)
        self.loaded = seed

    def expected(self, sql):
        """PostgreSQL's answer, or the base configuration's."""
        return self.postgres.ask(sql) if self.postgres else self.lathe.run(BASE, sql)

    def note(self, verdict, text, sql, config):
        self.counts[verdict] += 1
        key = re.sub(r"[0-9]+", "#", text)[:90]
        self.signatures[(verdict, key)] += 1
        if self.signatures[(verdict, key)] <= 3:
            self.notes[verdict].append((text, str(config), sql))

    def check(self, made, config, sql, expected):
        """Runs one configuration; raises Finding."""
        actual = self.lathe.run(config, sql)
        self.counts["runs"] += 1
        verdict, text = checks.judge(expected, actual, made.ordered)
        if actual.seconds > 1 and actual.seconds > 20 * max(expected.seconds, 0.01) and verdict == checks.SAME:
            self.note("slow", f"{actual.seconds:.1f} s, expected {expected.seconds:.2f}", sql, config)
        if verdict in checks.FINDINGS:
            raise Finding(verdict, text, config, sql, self.still_fails(made, config, verdict, text), made.node)
        if verdict != checks.SAME:
            self.note(verdict, text, sql, config)

    def check_oracle(self, made, sql, expected):
        """The plain evaluator against the expected answer; raises Finding."""
        actual = self.oracle.ask(sql)
        if actual is None:
            self.counts["beyond the oracle"] += 1
            return
        self.counts["oracle"] += 1
        verdict, text = checks.judge(expected, actual, made.ordered)
        if verdict == checks.WRONG:
            raise Finding(verdict, f"oracle: {text}", "oracle", sql)
        if verdict != checks.SAME:
            self.note(f"oracle {verdict}", text, sql, "oracle")

    def still_fails(self, made, config, verdict, text):
        """A function that says whether a smaller query fails in the same way."""
        kind = text.split(",")[0] if verdict != checks.WRONG else None

        def fails(sql):
            expected = self.expected(sql)
            if expected.code and verdict not in (checks.CRASH, checks.ACCEPTED):
                return False
            verdict_now, text_now = checks.judge(expected, self.lathe.run(config, sql), False)
            return verdict_now == verdict and (kind is None or
                                               re.sub("[0-9]+", "", text_now)[:40] == re.sub("[0-9]+", "", text)[:40])
        return fails

    def differential(self, rng, index):
        made = Queries(f"{self.options.seed}:{index}").statement()
        sql = made.sql()
        expected = self.expected(sql)
        if self.postgres and expected.code in ("57014", "large"):
            self.counts["postgres timeout" if expected.code == "57014" else "too many rows"] += 1
            return
        if expected.code:
            self.counts["expected error"] += 1
        elif expected.rows:
            self.counts["with rows"] += 1
        configs = ([BASE] if self.postgres else []) + [random_config(rng, self.rules)
                                                       for _ in range(self.options.configs)]
        for config in configs:
            self.check(made, config, sql, expected)
        if self.oracle and index % ORACLE_EVERY == 1:
            self.check_oracle(made, sql, expected)
        if rng.random() < 0.2:
            other = made.sql(other=True)
            if self.postgres:
                expected = self.expected(other)
                if expected.code not in ("57014", "large"):
                    self.check(made, BASE, other, expected)
            else:
                self.check(made, BASE, other, self.lathe.run(Config(BASE.state, plan_cache="off"), other))

    def partitions(self, rng, index):
        """TLP or NoREC in a random configuration."""
        source, scope, predicate = Queries(f"{self.options.seed}:{index}").from_and_predicate()
        config = random_config(rng, self.rules)
        columns = [name for name, _ in scope.columns][:6]

        def differ(sql=None):
            if rng_kind == "norec":
                left, right = checks.norec(source, predicate)
            else:
                left, right = checks.tlp(source, predicate, columns)
            first, second = self.lathe.run(config, left), self.lathe.run(config, right)
            return *checks.judge(first, second, False), right

        rng_kind = rng.choice(["tlp", "norec"])
        verdict, text, sql = differ()
        self.counts[rng_kind] += 1
        if verdict in (checks.WRONG, checks.CRASH):
            smaller = lambda _: differ()[0] == verdict
            self.shrink(predicate, smaller)
            raise Finding(verdict, f"{rng_kind}: {text}", config, " ; ".join(
                (checks.norec(source, predicate) if rng_kind == "norec"
                 else checks.tlp(source, predicate, columns))))

    def shrink(self, node, fails):
        return minimise(node, fails, self.options.shrink_seconds)

    def one(self, index):
        """Runs query `index`; a Finding or None."""
        rng = random.Random(f"configs:{self.options.seed}:{index}")
        self.load(index)
        self.counts["queries"] += 1
        try:
            if index % 6 == 5:
                self.partitions(rng, index)
            else:
                self.differential(rng, index)
        except Finding as finding:
            return finding
        except MemoryError:
            self.counts["answer beyond this process's memory"] += 1
        return None

    def handle(self, index, finding):
        """Minimises and records a finding, unless it is like ones before."""
        key = (finding.verdict, re.sub(r"[0-9]+", "#", finding.text)[:60]
               if finding.verdict != checks.WRONG else str(finding.config))
        self.signatures[key] += 1
        self.counts[finding.verdict] += 1
        if finding.verdict != checks.WRONG and self.signatures[key] > 2:
            return
        small = finding.sql
        if finding.fails and not self.options.no_minimise:
            try:
                if finding.fails(finding.node.sql()):
                    small = self.shrink(finding.node, finding.fails)
            except Exception as error:  # the finding counts more than its minimal form
                print(f"minimising failed: {error}", flush=True)
        text = (f"-- seed {self.options.seed} query {index}, data {self.loaded}: {finding.verdict}\n"
                f"-- {finding.config}\n-- {finding.text}\n{small};\n-- whole:\n-- {finding.sql};\n")
        print(text.split("\n-- whole")[0], flush=True)
        if self.options.findings:
            os.makedirs(self.options.findings, exist_ok=True)
            name = f"{finding.verdict}-{self.options.seed}-{index}.sql"
            with open(os.path.join(self.options.findings, name), "w", encoding="utf-8") as file:
                file.write(text)


def load_state(path, seed):
    """(next query, counts) of an earlier run with this seed."""
    if path and os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            state = json.load(file).get(str(seed))
        if state:
            return state["next"], collections.Counter(state["counts"])
    return 0, collections.Counter()


def save_state(path, seed, next_index, counts):
    if not path:
        return
    states = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            states = json.load(file)
    states[str(seed)] = {"next": next_index, "counts": dict(counts)}
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(states, file, indent=1)
    os.replace(path + ".new", path)


def save_notes(path, runner):
    """What was no finding: how often what was said, and examples."""
    if not path:
        return
    signatures = sorted(([*map(str, key), count] for key, count in runner.signatures.items()),
                        key=lambda signature: -signature[-1])
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"signatures": signatures, "examples": runner.notes}, file, indent=1)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lathed", help="binary; a server of its own is started")
    parser.add_argument("--port", type=int, help="a running Lathe instead")
    parser.add_argument("--postgres", type=int, metavar="PORT", help="PostgreSQL 15 on this loopback port")
    parser.add_argument("--oracle", metavar="PATH", help="lathe-oracle, the plain evaluator: asked too, now and then")
    parser.add_argument("--postgres-database", default="lathe")
    parser.add_argument("--timeout", type=int, default=TIMEOUT_MS, metavar="MS",
                        help=f"of a query in Lathe; what takes longer is counted (default {TIMEOUT_MS})")
    parser.add_argument("--postgres-timeout", type=int, default=5000, metavar="MS",
                        help="queries that take PostgreSQL longer are left out (and counted); default 5000")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seconds", type=float, help="stop after this time")
    parser.add_argument("--configs", type=int, default=2, help="random configurations per query (default 2)")
    parser.add_argument("--state", metavar="FILE", help="where the run stands; goes on from there")
    parser.add_argument("--findings", metavar="DIR", help="a file per finding")
    parser.add_argument("--notes", metavar="FILE", help="what was no finding but is worth a look, as JSON")
    parser.add_argument("--only", type=int, metavar="I", help="one query")
    parser.add_argument("--no-minimise", action="store_true")
    parser.add_argument("--shrink-seconds", type=float, default=20)
    return parser.parse_args()


def main():
    options = arguments()
    if not options.lathed and not options.port:
        sys.exit("run.py: --lathed or --port is needed")
    with tempfile.TemporaryDirectory(prefix="lathe-diff-") as folder:
        lathe = Lathe(options.lathed, options.port, folder, options.timeout)
        postgres = Postgres({"host": "127.0.0.1", "port": options.postgres, "user": "lathe",
                             "dbname": options.postgres_database},
                            options.postgres_timeout) if options.postgres else None
        oracle = Oracle(options.oracle) if options.oracle else None
        try:
            return run(options, Runner(options, lathe, postgres, oracle))
        finally:
            lathe.stop()
            if oracle:
                oracle.stop()


def run(options, runner):
    if options.only is not None:
        finding = runner.one(options.only)
        print(Queries(f"{options.seed}:{options.only}").statement().sql() + ";")
        if finding:
            runner.handle(options.only, finding)
        return 1 if finding else 0
    start, runner.counts = load_state(options.state, options.seed)
    began, findings = time.monotonic(), 0
    for index in range(start, options.count):
        finding = runner.one(index)
        if finding:
            findings += 1
            runner.handle(index, finding)
        if index % 100 == 99:
            save_state(options.state, options.seed, index + 1, runner.counts)
            save_notes(options.notes, runner)
        if options.seconds and time.monotonic() - began > options.seconds:
            save_state(options.state, options.seed, index + 1, runner.counts)
            break
    else:
        save_state(options.state, options.seed, options.count, runner.counts)
    save_notes(options.notes, runner)
    print(f"seed {options.seed}: " + ", ".join(f"{count} {name}" for name, count in
                                               sorted(runner.counts.items())))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
