"""Values by day as a picture: SVG whose words are words, in the look's colours on white."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from io import StringIO
from math import nan
from threading import Lock
from typing import TYPE_CHECKING, Any

from dashapp.domain.threshold import Threshold
from dashapp.metrics import Unit
from dashapp.metrics.words import day, level

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OTHER, ACCENT, LINE, SHADE = "#6f6f6f", "#2f5bd7", "#e2e6eb", "#e8eefc"
TEXT, QUIET, WARN, ALERT = "#15191f", "#4c5766", "#9a5b00", "#b3261e"
SIZE = (4.8, 2.3)
"""Inches of a picture."""
STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "week",
    "font.family": "sans-serif",
    "font.sans-serif": ["Inter", "DejaVu Sans"],
    "font.size": 8,
    "axes.edgecolor": LINE,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": TEXT,
    "text.parse_math": False,  # names come from data
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "legend.frameon": False,
    "legend.fontsize": 7,
}
NOTHING = dict.fromkeys(("Creator", "Date", "Format", "Type"))
"""What a picture says of itself, so that the same chart is the same picture."""
DRAWING = Lock()
"""The library that draws has settings for the whole process."""


@dataclass(frozen=True)
class Line:
    """The values of one group, a day each; None where there is none. The whole has no name."""

    name: str
    colour: str
    values: Sequence[float | None]


def picture(
    days: Sequence[date],
    lines: Sequence[Line],
    shaded: tuple[int, int],
    unit: Unit,
    threshold: Threshold | None = None,
    *,
    stacked: bool = False,
) -> str:
    """An SVG of lines, or of bars one on another, with some days shaded and a line at each threshold."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with DRAWING, mpl.rc_context(STYLE):
        figure = Figure(figsize=SIZE, layout="constrained")
        axes = figure.subplots()
        (_bars if stacked else _lines)(axes, lines)
        _levels(axes, threshold, unit)
        _dress(axes, days, shaded, unit)
        file = StringIO()
        figure.savefig(file, format="svg", metadata=NOTHING)
    return file.getvalue()


def _bars(axes: "Axes", lines: Sequence[Line]) -> None:
    below = [0.0] * len(lines[0].values)
    for line in lines:
        heights = [value or 0.0 for value in line.values]
        axes.bar(range(len(heights)), heights, bottom=below, color=line.colour, label=line.name, width=0.8, zorder=2)
        below = [low + height for low, height in zip(below, heights, strict=True)]
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=4, handlelength=1, columnspacing=1)


def _lines(axes: "Axes", lines: Sequence[Line]) -> None:
    for line in lines:
        values = [nan if value is None else value for value in line.values]
        axes.plot(values, color=line.colour, linewidth=1.4, marker="o", markersize=1.6, zorder=2)


def _levels(axes: "Axes", threshold: Threshold | None, unit: Unit) -> None:
    """Thresholds, as far as the values come near them: one far away would press the line flat."""
    if threshold is None:
        return
    low, high = axes.get_ylim()
    reach = (high - low) or abs(high) or 1.0
    for name, value, colour in (("warning", threshold.warn, WARN), ("alert", threshold.alert, ALERT)):
        if low - reach <= value <= high + reach:
            axes.axhline(value, color=colour, linewidth=0.8, linestyle=":", zorder=1)
            axes.annotate(f"{name} {level(value, unit)}", (0, value), color=colour, fontsize=7, va="bottom")


def _dress(axes: "Axes", days: Sequence[date], shaded: tuple[int, int], unit: Unit) -> None:
    """What stands around the values: the shade, the days, the unit."""
    first, end = shaded
    axes.axvspan(first - 0.5, end - 0.5, color=SHADE, zorder=0, linewidth=0)
    places = range(0, len(days), 7)
    axes.set_xticks(places, [day(days[place], year=False) for place in places])
    axes.set_xlim(-0.5, len(days) - 0.5)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,g}")
    axes.set_ylabel(unit.value, color=QUIET)
    axes.grid(axis="y", color=LINE, linewidth=0.6, zorder=0)
    axes.tick_params(length=0)
