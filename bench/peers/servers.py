"""Private database servers on free loopback ports: lathed and PostgreSQL 15.

Both come as context managers with the same face (Server): where they listen, how to connect, and how to stop them. Nothing
is left behind: a server's directory goes with it unless the caller named one.
"""

import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import psycopg2
import psycopg2.extensions

HOST = "127.0.0.1"
USER = "lathe"
DATABASE = "lathe"
START_SECONDS_MAX = 60
STOP_SECONDS_MAX = 60


class ServerError(Exception):
    """A server could not be started or stopped; the message says why, with the end of its log."""


def free_port():
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def text_values(connection):
    """Makes the connection return every value as the server's text."""
    kinds = (16, 20, 21, 23, 25, 700, 701, 1042, 1043, 1082, 1083, 1114, 1184, 1186, 1700)
    caster = psycopg2.extensions.new_type(kinds, "TEXT", lambda value, cursor: value)
    psycopg2.extensions.register_type(caster, connection)
    return connection


def connect(host, port, user=USER, database=DATABASE, seconds_max=10):
    """One autocommit connection whose values are text."""
    connection = psycopg2.connect(host=host, port=port, user=user, dbname=database,
                                  connect_timeout=seconds_max)
    connection.autocommit = True
    return text_values(connection)


class Server:
    """A running server. Made by Lathed or Postgres; stopped by close() or at the end of a with block."""

    name = ""        # as in tables and in JSON
    durable = True   # commits reach the disk before they are acknowledged

    def __init__(self, directory=None):
        self.host = HOST
        self.user = USER
        self.database = DATABASE
        self.port = None
        self.process = None
        self.owned = None
        if directory is None:
            self.owned = tempfile.mkdtemp(prefix=f"lathe-bench-{self.name}-")
            os.chmod(self.owned, 0o755)
            directory = self.owned
        os.makedirs(directory, exist_ok=True)
        self.directory = os.path.abspath(directory)
        self.log = os.path.join(self.directory, "server.log")

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def connect(self):
        """A connection of autocommit mode; see connect()."""
        return connect(self.host, self.port, self.user, self.database)

    def environment(self):
        """Environment variables with which libpq programs reach this server."""
        return {**os.environ, "PGHOST": self.host, "PGPORT": str(self.port), "PGUSER": self.user,
                "PGDATABASE": self.database, "PGPASSWORD": ""}

    def log_end(self):
        """The last lines of the server's log."""
        try:
            with open(self.log, errors="replace") as log:
                return "".join(log.readlines()[-20:])
        except OSError:
            return ""

    def start(self, command, account=None):
        """Runs the command as `account` with its output going to the log."""
        extra = {} if account is None else {"user": account.pw_uid, "group": account.pw_gid,
                                            "extra_groups": []}
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, cwd=self.directory,
                                            start_new_session=True, **extra)

    def wait_until_ready(self, database):
        """Returns once the server answers; raises ServerError if it ends or takes too long."""
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            if self.process.poll() is not None:
                raise ServerError(f"{self.name} ended with status {self.process.returncode}:\n"
                                  + self.log_end())
            try:
                connect(self.host, self.port, self.user, database, 2).close()
                return
            except psycopg2.Error as error:
                if time.monotonic() > deadline:
                    raise ServerError(f"{self.name} does not answer: {error}\n" + self.log_end())
                time.sleep(0.05)

    def close(self):
        """Stops the server, by force if it does not end by itself, and removes what it owns."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT if self.name.startswith("postgres")
                                     else signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.owned is not None:
            shutil.rmtree(self.owned, ignore_errors=True)


class Lathed(Server):
    """`lathed --data-dir DIR --listen 127.0.0.1:PORT`, without the admin service, with as much page cache as Postgres."""

    name = "lathe"

    def __init__(self, binary, directory=None, arguments=()):
        if not os.access(binary, os.X_OK):
            raise ServerError(f"{binary} is not built")
        super().__init__(directory)
        try:
            self.port = free_port()
            self.start([os.path.abspath(binary), "--data-dir", os.path.join(self.directory, "data"),
                        "--listen", f"{HOST}:{self.port}", "--admin-listen=",
                        "--cache-size", "4GB", *arguments])
            self.wait_until_ready(DATABASE)
        except BaseException:
            self.close()
            raise

    def prepare_session(self, connection, threads):
        """Session settings for measuring: queries take `threads` threads."""
        connection.cursor().execute(f"SET lathe.workers = {int(threads)}")


class Postgres(Server):
    """A PostgreSQL 15 cluster of its own, tuned for a benchmark machine, durable."""

    name = "postgres"
    settings = {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "shared_buffers": "4GB",
        "work_mem": "256MB",
        "maintenance_work_mem": "1GB",
        "effective_cache_size": "8GB",
        "max_wal_size": "16GB",
        "checkpoint_timeout": "1h",
        "random_page_cost": "1.1",
        "jit": "off",
        "max_parallel_workers": "16",
        "max_worker_processes": "24",
        "unix_socket_directories": "''",
    }

    def __init__(self, directory=None, settings=None, name="postgres"):
        self.name = name
        self.binaries = postgres_binaries()
        self.account = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        super().__init__(directory)
        try:
            if self.account is not None:
                os.chown(self.directory, self.account.pw_uid, self.account.pw_gid)
            cluster = os.path.join(self.directory, "cluster")
            fresh = not os.path.exists(os.path.join(cluster, "PG_VERSION"))
            if fresh:
                self.initialise(cluster)
            self.port = free_port()
            options = {**self.settings, **(settings or {})}
            command = [os.path.join(self.binaries, "postgres"), "-D", cluster, "-h", HOST,
                       "-p", str(self.port)]
            for key, value in options.items():
                command += ["-c", f"{key}={value}".replace("''", "")]
            self.start(command, self.account)
            self.wait_until_ready("postgres")
            if fresh:
                connection = connect(self.host, self.port, self.user, "postgres")
                connection.cursor().execute(f"CREATE DATABASE {DATABASE}")
                connection.close()
        except BaseException:
            self.close()
            raise

    def initialise(self, cluster):
        """initdb with C collation, so that text sorts as in Lathe."""
        extra = {} if self.account is None else {"user": self.account.pw_uid,
                                                 "group": self.account.pw_gid, "extra_groups": []}
        done = subprocess.run([os.path.join(self.binaries, "initdb"), "-D", cluster, "-U", USER,
                               "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                              cwd=self.directory, **extra)
        if done.returncode != 0:
            raise ServerError("initdb failed: " + done.stderr)

    def prepare_session(self, connection, threads):
        """Session settings for measuring: as many parallel workers as threads, none for one."""
        workers = int(threads) if threads > 1 else 0
        cursor = connection.cursor()
        cursor.execute(f"SET max_parallel_workers_per_gather = {workers}")
        cursor.execute("SET parallel_setup_cost = 100")


def postgres_binaries():
    """The folder of PostgreSQL 15's server programs."""
    for folder in glob.glob("/usr/lib/postgresql/15/bin"):
        if os.access(os.path.join(folder, "postgres"), os.X_OK):
            return folder
    raise ServerError("PostgreSQL 15's server is not installed; run tools/setup --bench")
