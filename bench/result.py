"""What a benchmark found, and the table that shows it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median
from time import perf_counter

Measured = Callable[[], float]
"""Does a job once and returns the seconds that it took."""


@dataclass(frozen=True)
class Result:
    """A quantity of ours beside a reference from the same run, and how many times the reference it may be."""

    name: str
    scale: float
    """Of the demo: 1 is 42 thousand flags."""
    ours: float
    reference: float
    mark: float
    unit: str = "s"

    @property
    def ratio(self) -> float:
        """Ours as a multiple of the reference."""
        return self.ours / self.reference

    @property
    def met(self) -> bool:
        """Whether the ratio is within its mark."""
        return self.ratio <= self.mark


def compare(name: str, scale: float, ours: Measured, reference: Measured, *, mark: float, times: int = 5) -> Result:
    """The medians of several runs of both, by turns, so that a busy moment of the machine falls on both."""
    pairs = [(ours(), reference()) for _ in range(times)]
    return Result(name, scale, median(pair[0] for pair in pairs), median(pair[1] for pair in pairs), mark)


def seconds(job: Callable[[], object]) -> float:
    """How long a job takes."""
    begun = perf_counter()
    job()
    return perf_counter() - begun


def print_table(results: Iterable[Result]) -> None:
    """Print a line for each result."""
    print(f"{'':44} {'scale':>6} {'ours':>10} {'reference':>10} {'ratio':>6} {'mark':>5}")
    for one in results:
        figures = f"{one.ours:>8.4g} {one.unit} {one.reference:>8.4g} {one.unit} {one.ratio:>6.2f} {one.mark:>5g}"
        print(f"{one.name:44} {one.scale:>6g} {figures}  {'met' if one.met else 'missed'}")
