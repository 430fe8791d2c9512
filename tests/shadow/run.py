#!/usr/bin/python3
"""A shadow replica over the SQL tests: a second store that is fed with the archived commits only.

    run.py --lathed BUILD/bin/lathed --lathe BUILD/bin/lathe [FILES]    FILES: of tests/sql; default all

The files run one after the other against a server that archives its commits. After some of them a backup takes the logical hash
of everything. The empty database of the beginning, brought up to each of these times by the archive, must have the same hash.
"""
import argparse
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

import psycopg2

HERE = os.path.dirname(os.path.abspath(__file__))
SQL = os.path.join(HERE, "..", "sql")
sys.path.insert(0, os.path.join(HERE, "..", "support"))

from server import Server  # noqa: E402


class Shadow:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.points = []  # (file, timestamp, hash)
        self.server = Server(options.lathed, os.path.join(folder, "data"),
                             ["--archive-dir", self.path("archive"), "--admin-listen", "127.0.0.1:0"])

    def path(self, name):
        return os.path.join(self.folder, name)

    def lathe(self, *words):
        done = subprocess.run([self.options.lathe, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"lathe {' '.join(words)}: {done.stdout}")
        return done.stdout

    def backup(self):
        return self.lathe("backup", "--to", self.path("backups"), "--admin", self.admin, "--hash")

    def clear(self):
        """What a file has left goes, by DDL as well."""
        with psycopg2.connect(host="127.0.0.1", port=self.server.port, user="lathe", dbname="lathe") as connection:
            connection.autocommit = True
            cursor = connection.cursor()
            cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'")
            names = [name for (name,) in cursor.fetchall()]
            for text in [f'DROP SCHEMA "{name}" CASCADE' for name in names] + ["CREATE SCHEMA IF NOT EXISTS public"]:
                try:
                    cursor.execute(text)
                except psycopg2.Error:
                    pass  # that is the business of other tests; what has become of it is compared all the same
        connection.close()

    def work(self):
        """Runs the files; how many of their records passed."""
        with self.server:
            port = re.search(r"event=admin_listening .*port=(\d+)", "".join(self.server.log)).group(1)
            self.admin = "127.0.0.1:" + port
            self.backup()
            passed = 0
            for i, path in enumerate(self.options.files):
                done = subprocess.run([sys.executable, os.path.join(SQL, "run.py"), "--port", str(self.server.port),
                                       "--user", "lathe", "--database", "lathe", path],
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                passed += sum(int(n) for n in re.findall(r"^(\d+) passed", done.stdout, re.MULTILINE))
                if i % self.options.every == 0 or i + 1 == len(self.options.files):
                    said = self.backup()
                    self.points.append((os.path.basename(path), re.search(r"timestamp (\d+)", said).group(1),
                                        re.search(r"logical hash (\w+)", said).group(1)))
                self.clear()
        return passed

    def check(self):
        """What differs."""
        different = []
        for name, timestamp, expected in self.points:
            copy = self.path("copy")
            said = self.lathe("restore", "--from", self.path("backups"), "--backup", "1", "--archive", self.path("archive"),
                              "--until", timestamp, "--to", copy, "--verify")
            found = re.search(r"logical hash (\w+)", said).group(1)
            if found != expected:
                different.append(f"after {name}: {expected}, and {found} from the archive")
            shutil.rmtree(copy)
        return different


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lathed", required=True)
    parser.add_argument("--lathe", required=True)
    parser.add_argument("--every", type=int, default=6, help="files after which everything is compared")
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    options.files = options.files or sorted(glob.glob(os.path.join(SQL, "*.slt")))
    folder = tempfile.mkdtemp(prefix="lathe-shadow-")
    try:
        shadow = Shadow(options, folder)
        passed = shadow.work()
        different = shadow.check()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("\n".join(different + [f"{len(options.files)} files, {passed} records passed, {len(shadow.points)} times compared, "
                                 f"{len(different)} differ"]))
    return 1 if different or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
