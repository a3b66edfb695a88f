"""Make the study, print its tables and keep them in docs/detection.md: `make study`."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from bench.detection import page, real, rivals
from bench.detection.study import Size, study
from bench.detection.told import dsa_told
from dashapp.settings import ROOT

TARGET = ROOT / "docs" / "detection.md"
TABLES = "## Tables\n"
"""The heading of the part of the page that a run replaces."""


def main() -> None:
    """Everything; real counts where their place is given."""
    parser = argparse.ArgumentParser(prog="python -m bench.detection", description=__doc__)
    parser.add_argument("--ts-ops", type=Path, metavar="DIR", help="the folder with flags.csv and attacks.csv")
    parser.add_argument("--dsa", type=Path, metavar="FILE", help="daily statistics, as .csv.gz")
    asked = parser.parse_args()
    begun = perf_counter()
    lines = list(page.lines(study(Size(), rivals.grid())))
    ts_ops = real.ts_ops(asked.ts_ops) if asked.ts_ops else None
    platforms = real.dsa(asked.dsa) if asked.dsa else []
    lines += page.real_lines(ts_ops, platforms, dsa_told(asked.dsa, datetime.now(UTC)) if asked.dsa else [])
    text = "\n".join(lines)
    print(text)
    print(f"\n{perf_counter() - begun:.0f} s")
    told, _, _ = TARGET.read_text().partition(TABLES)
    TARGET.write_text(f"{told}{TABLES}\n{text}\n")


if __name__ == "__main__":
    main()
