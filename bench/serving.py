"""A server of its own for a benchmark or a test: gunicorn with the settings that the product is served with."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from dashapp.settings import ROOT

START_SECONDS = 120
"""Longest time that a server may take to answer; a loaded machine is slow."""
MEGABYTE = 1024
"""In the kilobytes of /proc."""


@dataclass(frozen=True)
class Server:
    """A server that runs."""

    url: str
    pid: int

    @property
    def workers(self) -> list[int]:
        """The processes that answer; a server that has none has ended."""
        found = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        if not found:
            raise RuntimeError("the server has no workers any more")
        return [int(child) for child in found]

    def memory(self) -> dict[int, float]:
        """What each worker holds in memory, in MB."""
        return {pid: _megabytes(pid, "VmRSS") for pid in self.workers}

    def peaks(self) -> dict[int, float]:
        """The most that each worker has held since `forget_peaks`, in MB."""
        return {pid: _megabytes(pid, "VmHWM") for pid in self.workers}

    def forget_peaks(self) -> None:
        """Begin to look for the most memory held anew."""
        for pid in self.workers:
            Path(f"/proc/{pid}/clear_refs").write_text("5")


@contextmanager
def serving(
    module: str, log: Path, environment: Mapping[str, str], config: str = "gunicorn.conf.py"
) -> Iterator[Server]:
    """A server of two workers over the WSGI application that a module names, for example `wsgi:server`."""
    port = free_port()
    own = {"PORT": str(port), "HOST": "127.0.0.1", "WEB_CONCURRENCY": "2", "TIME_ZONE": "UTC"}
    command = [sys.executable, "-m", "gunicorn", "-c", config, module]
    with log.open("w+") as written:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **own, **environment}, stdout=written, stderr=written
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_ready(url, process, written)
            yield Server(url, process.pid)
        finally:
            process.terminate()
            process.wait(timeout=60)


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Any) -> None:
    """Return when the server says that it is ready; raise with its log when it ended or took too long."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urlopen(f"{url}/readyz") as answer:
                if answer.status == 200:
                    return
        except URLError:
            time.sleep(0.05)  # a pause between two looks; what is waited for is the answer
    log.seek(0)
    raise RuntimeError(f"the server did not start:\n{log.read()}")


def _megabytes(pid: int, field: str) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split(f"{field}:")[1].split()[0]) / MEGABYTE
