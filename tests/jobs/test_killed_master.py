import os
import signal
from pathlib import Path

import pytest

from bench.durability import new_store
from bench.serving import serving


@pytest.mark.check(32)
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks processes up in /proc")
def test_the_workers_of_a_killed_master_end_and_take_their_schedulers_with_them() -> None:
    with new_store() as (url, folder), serving("wsgi:server", folder / "log", {"DATABASE_URL": url}) as server:
        while len(workers := server.workers) < 2:
            pass  # the first answers while the second starts
        os.kill(server.pid, signal.SIGKILL)
        while any(_lives(pid) for pid in workers):
            pass  # a worker that stays would keep the test from ending
        assert "Traceback" not in (folder / "log").read_text()


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
