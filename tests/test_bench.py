"""The benchmarks' modules, which tests share."""

import subprocess
import sys

from dashapp.settings import ROOT

TOLD = "import os, bench.jobs; print(sorted(name for name in os.environ if 'PROMETHEUS' in name))"


def test_what_watches_a_server_is_not_set_up_as_one() -> None:
    environment = {"PYTHONPATH": str(ROOT)}
    told = subprocess.run([sys.executable, "-c", TOLD], env=environment, capture_output=True, text=True, check=True)
    assert (told.stdout, told.stderr) == ("[]\n", "")
