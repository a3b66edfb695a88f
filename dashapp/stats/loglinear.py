"""A log-linear model of counts, fitted to many baselines at once: a season, a trend and a level, each held near nothing
by a ridge, by iteratively reweighted least squares.

Arrays are (days, series, ...): the days are those to be judged, each with its own baseline of as many days as the
window has. A season's factor meets only its own days, so that each step solves two equations a baseline (trend and
level) and reads the factors off them, whatever the length of the season.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

LARGEST_STEP = 2.0
"""By which a level may move in one step, as a logarithm."""
ROWS = 128
"""Series multiplied at once: so few that the linear algebra library starts no threads, whose waiting for each other
costs several times the work on a busy machine.
"""


@dataclass(frozen=True)
class Design:
    """Baselines as seen from the days to be judged. The order of columns and coefficients is seasons, trend, level.

    `columns` (days, window, seasons + 2) are the model's; `target` (days, 1, seasons + 2) the row of the day itself;
    `precision` (seasons + 2,) is one over the variance that the ridge gives each coefficient.
    """

    columns: Numbers
    target: Numbers
    precision: Numbers

    @property
    def products(self) -> Numbers:
        """What `Information` sums: marks of the seasons, these times the trend, and the trend squared."""
        marks, trend = self.columns[:, :, :-2], self.columns[:, :, -2:-1]
        return np.concatenate([marks, marks * trend, trend**2], axis=2)

    def expected(self, found: Numbers) -> Numbers:
        """The count that the coefficients let expect of each day of the baseline, (days, series, window)."""
        return np.asarray(np.exp(_product(found, self.columns.transpose(0, 2, 1))))

    def ahead(self, found: Numbers) -> Numbers:
        """The count that they let expect of the day to be judged, (days, series)."""
        return np.asarray(np.exp((found * self.target).sum(axis=2)))


class Information:
    """What baselines know of the coefficients: the second derivative of the penalised likelihood, as an arrow."""

    def __init__(self, weights: Numbers, products: Numbers, precision: Numbers) -> None:
        sums = _product(weights, products)
        seasons = len(precision) - 2
        self._known = sums[:, :, :seasons]
        slope = sums[:, :, seasons:-1]
        self._whole = self._known + precision[:seasons]
        self._share, self._tilt = self._known / self._whole, slope / self._whole
        self._level = (self._share * precision[:seasons]).sum(axis=2) + precision[-1]
        self._both = (self._tilt * precision[:seasons]).sum(axis=2)
        self._trend = sums[:, :, -1] - (slope * self._tilt).sum(axis=2) + precision[-2]

    def solve(self, given: Numbers) -> Numbers:
        """The coefficients (days, series, seasons + 2) whose product with this is given."""
        seasons = given[:, :, :-2]
        level = given[:, :, -1] - (self._share * seasons).sum(axis=2)
        trend = given[:, :, -2] - (self._tilt * seasons).sum(axis=2)
        determinant = self._level * self._trend - self._both**2
        answer = np.empty_like(given)
        answer[:, :, -1] = (self._trend * level - self._both * trend) / determinant
        answer[:, :, -2] = (self._level * trend - self._both * level) / determinant
        answer[:, :, :-2] = seasons / self._whole - self._share * answer[:, :, -1:] - self._tilt * answer[:, :, -2:-1]
        return answer

    def variance(self, row: Numbers) -> Numbers:
        """Variance (days, series) of what the coefficients say of a row of the design, (days, 1, seasons + 2)."""
        rows = np.broadcast_to(row, (*self._level.shape, row.shape[2]))
        return np.asarray((self.solve(rows) * row).sum(axis=2))

    def parameters(self) -> Numbers:
        """How many coefficients the data determine, (days, series): fewer than there are where the ridge holds them."""
        seasons = self._share.shape[2]
        return np.asarray(2.0 + self._share.sum(axis=2) * (seasons - 1) / seasons)


def start(counts: Numbers, used: Numbers, design: Design) -> Numbers:
    """The mean of the days used as the level, and nothing else."""
    found = np.zeros((*counts.shape[:2], design.columns.shape[2]))
    mean = (used * counts).sum(axis=2) / np.maximum(used.sum(axis=2), 1.0)
    found[:, :, -1] = np.log(mean + 0.01)
    return found


def improved(found: Numbers, counts: Numbers, weights: Numbers, design: Design, steps: int) -> Numbers:
    """The coefficients after some steps towards the maximum of the penalised likelihood.

    `weights` (days, series, window) are the days' weights over the dispersion, 0 for those that are not used.
    """
    products = design.products
    centre = np.zeros_like(found)
    centre[:, :, -1] = found[:, :, -1]
    for _ in range(steps):
        expected = design.expected(found)
        pull = _product(weights * (counts - expected), design.columns) - (found - centre) * design.precision
        step = Information(weights * expected, products, design.precision).solve(pull)
        found = found + step * (LARGEST_STEP / np.maximum(np.abs(step[:, :, -1:]), LARGEST_STEP))
    return found


def _product(rows: Numbers, columns: Numbers) -> Numbers:
    """The matrix product of each day, (days, series, ...)."""
    parts = [rows[:, at : at + ROWS] @ columns for at in range(0, rows.shape[1], ROWS)]
    return np.concatenate(parts, axis=1) if len(parts) > 1 else rows @ columns
