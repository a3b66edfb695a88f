"""What a benchmark found, and the table that shows it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from statistics import median
from time import perf_counter

Measured = Callable[[], float]
"""Does a job once and returns the seconds that it took."""


@dataclass(frozen=True)
class Result:
    """A quantity of ours beside a reference from the same run, and how many times the reference it may be; without a
    mark it is only reported.
    """

    name: str
    scale: float
    """Of the demo: 1 is 42 thousand flags."""
    ours: float
    reference: float
    mark: float | None
    unit: str = "s"

    @property
    def ratio(self) -> float:
        """Ours as a multiple of the reference."""
        return self.ours / self.reference

    @property
    def met(self) -> bool:
        """Whether the ratio is within its mark, if it has one."""
        return self.mark is None or self.ratio <= self.mark

    @property
    def line(self) -> str:
        """A line of the table."""
        figures = f"{self.ours:>8.4g} {self.unit:2} {self.reference:>8.4g} {self.unit:2} {self.ratio:>7.2f}"
        judged = "" if self.mark is None else f" {self.mark:>5g}  {'met' if self.met else 'missed'}"
        return f"{self.name:48} {self.scale:>6g} {figures}{judged}"


def compare(name: str, scale: float, ours: Measured, reference: Measured, *, mark: float, times: int = 5) -> Result:
    """The medians of several runs of both, by turns, so that a busy moment of the machine falls on both."""
    pairs = [(ours(), reference()) for _ in range(times)]
    return Result(name, scale, median(pair[0] for pair in pairs), median(pair[1] for pair in pairs), mark)


def seconds(job: Callable[[], object]) -> float:
    """How long a job takes."""
    begun = perf_counter()
    job()
    return perf_counter() - begun


def table(results: Iterable[Result]) -> Iterator[str]:
    """A heading, and a line for each result as soon as it is there."""
    yield f"{'':48} {'scale':>6} {'ours':>11} {'reference':>11} {'ratio':>7} {'mark':>5}"
    for one in results:
        yield one.line


def print_table(results: Iterable[Result]) -> None:
    """Print a line for each result."""
    for line in table(results):
        print(line, flush=True)
