"""Starts a lathed of the build on a free loopback port with a data directory of its own, for tests."""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading


class Server:
    """A running lathed. Use as a context manager; the directory goes with it unless it was given."""

    def __init__(self, binary, data_dir=None, args=()):
        self.binary = binary
        self.own_dir = data_dir is None
        self.data_dir = data_dir or tempfile.mkdtemp(prefix="lathe-test-")
        self.args = list(args)
        self.process = None
        self.port = None
        self.log = []

    def start(self):
        command = [self.binary, "--data-dir", self.data_dir, "--listen", "127.0.0.1:0", "--admin-listen="]
        self.process = subprocess.Popen(command + self.args, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            self.log.append(line)
            match = re.search(r"event=listening .*port=(\d+)", line)
            if match:
                self.port = int(match.group(1))
                break
        if self.port is None:
            raise RuntimeError("lathed did not start: " + "".join(self.log))
        threading.Thread(target=self._drain, daemon=True).start()
        return self

    def _drain(self):
        for line in self.process.stderr:
            self.log.append(line)

    def stop(self):
        """SIGTERM; returns the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise RuntimeError("lathed did not stop on SIGTERM: " + "".join(self.log[-20:]))

    def kill(self):
        """SIGKILL, as a crash."""
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        try:
            if self.process.poll() is None:
                self.stop()
        finally:
            if self.own_dir:
                shutil.rmtree(self.data_dir, ignore_errors=True)
