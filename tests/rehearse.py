"""Goes through the steps of the Dockerfile without Docker: `make rehearse`.

The same commands run in the same order, in a folder of their own that stands for the root of the image; only what
needs an administrator (NOT_DONE) is left out. Then the image's command serves, its health check must pass, and its stop
signal must end it.
"""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
PLACE = re.compile(r"(?<![\w.])/srv\b")
"""Where the image has everything of ours."""
NOT_DONE = ("useradd", "chown", "apt-get", "rm")
SYSTEM = "/usr/local/bin:/usr/bin:/bin"
HEALTHY_SECONDS, STOP_SECONDS = 120, 60
BEGINNING = re.compile(r"--\S+\s+")


def instructions(text: str) -> list[tuple[str, str]]:
    """The instructions of a Dockerfile with what follows them, options included."""
    lines = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)).splitlines()
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines if line.strip())]


@dataclass
class Rehearsal:
    """An image in the making, below a folder."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    folder: Path = Path()
    command: list[str] = field(default_factory=list)
    healthy: list[str] = field(default_factory=list)
    stop: signal.Signals = signal.SIGTERM

    def build(self, text: str) -> None:
        """Follow the instructions."""
        self._tools()
        for word, rest in instructions(text):
            print(word, rest[:100], flush=True)
            getattr(self, f"_{word.lower()}")(rest)

    @contextmanager
    def served(self) -> Iterator[subprocess.Popen[bytes]]:
        """The image's command at work."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.environment["PORT"] = str(free.getsockname()[1])
        process = subprocess.Popen(self.command, cwd=self.folder, env=self.environment)
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def passes(self) -> bool:
        """Whether the health check does."""
        checked = subprocess.run(self.healthy, cwd=self.folder, env=self.environment, capture_output=True, check=False)
        return checked.returncode == 0

    def _tools(self) -> None:
        """The Python of the image, and commands that do nothing in place of those that need an administrator."""
        (self.root / "tools").mkdir()
        for name in NOT_DONE:
            (self.root / "tools" / name).symlink_to("/bin/true")
        python = self.root / "tools" / "python"
        python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
        python.chmod(0o755)

    def _here(self, text: str) -> str:
        """Text of the Dockerfile with our folder in the place of the image's root."""
        return PLACE.sub(str(self.root / "srv"), text)

    def _from(self, _image: str) -> None:
        self.environment, self.folder = {"PATH": f"{self.root / 'tools'}:{SYSTEM}"}, self.root

    def _workdir(self, path: str) -> None:
        self.folder = Path(self._here(path))
        self.folder.mkdir(parents=True, exist_ok=True)

    def _copy(self, rest: str) -> None:
        *sources, target = BEGINNING.sub("", rest).split()
        if rest.startswith("--from="):  # both stages share the folder here
            if sources != [target] or not Path(self._here(target)).exists():
                raise ValueError(f"COPY {rest}: not to the same place, or not there")
            return
        to = self.folder / self._here(target)
        for source in sources:
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, to, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                to.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, to)

    def _run(self, command: str) -> None:
        shell = ["sh", "-eu", "-c", self._here(command)]
        subprocess.run(shell, cwd=self.folder, env=self.environment, check=True)

    def _env(self, rest: str) -> None:
        for pair in shlex.split(self._here(rest)):
            name, _, value = pair.partition("=")
            self.environment[name] = value

    def _volume(self, path: str) -> None:
        Path(self._here(path)).mkdir(parents=True, exist_ok=True)

    def _user(self, user: str) -> None:
        """Everything here runs as whoever rehearses."""

    def _healthcheck(self, rest: str) -> None:
        self.healthy = json.loads(rest.partition("CMD ")[2])

    def _stopsignal(self, name: str) -> None:
        self.stop = signal.Signals[name]

    def _cmd(self, rest: str) -> None:
        self.command = json.loads(rest)
        path = self.environment["PATH"]
        for words in (self.command, self.healthy):
            words[0] = shutil.which(words[0], path=path) or words[0]


def main() -> None:
    """Build, serve, check, stop; the exit code says whether all of it worked."""
    with TemporaryDirectory(prefix="rehearsal-") as name:
        image = Rehearsal(Path(name))
        image.build((ROOT / "Dockerfile").read_text())
        with image.served() as process:
            deadline = time.monotonic() + HEALTHY_SECONDS
            while not image.passes():
                if process.poll() is not None or time.monotonic() > deadline:
                    sys.exit("it does not get healthy")
                time.sleep(1)
            print("healthy", flush=True)
            os.kill(process.pid, image.stop)
            code = process.wait(STOP_SECONDS)
    print(f"ended with {code}")
    sys.exit(code)


if __name__ == "__main__":
    main()
