"""The volume detector beside fits of the same model by statsmodels: `python -m bench.outbreak`."""

from collections.abc import Iterator

import numpy as np
import statsmodels.api as sm
from numpy.typing import NDArray

from bench.result import Result, compare, print_table, seconds
from dashapp.stats.baseline import Settings
from dashapp.stats.outbreak import judge
from dashapp.stats.reference import UNUSUAL

Numbers = NDArray[np.float64]

MARK = 0.1
MANY = 600
"""Series of the day that is judged."""
FEW = 6
"""Series of the replay."""
REPLAYED = 90
"""Days of the replay."""
SIZES = Settings()


def results() -> Iterator[Result]:
    """One new day of many series, and a replay of a few."""
    counts = _counts(MANY, SIZES.window + SIZES.guard + REPLAYED)
    days = counts.shape[1]
    weekday = np.arange(days) % 7
    none = np.zeros(counts.shape, dtype=bool)
    yield compare(
        f"a new day of {MANY} series: two GLM fits each",
        1,
        lambda: seconds(lambda: judge(counts, weekday, first=days - 1, alarmed=none)),
        lambda: seconds(lambda: [_judged(series, weekday, days - 1) for series in counts]),
        mark=MARK,
        times=3,
    )
    yield compare(
        f"{REPLAYED} days of {FEW} series again: two GLM fits a day",
        1,
        lambda: seconds(lambda: judge(counts[:FEW], weekday, first=days - REPLAYED, alarmed=none[:FEW])),
        lambda: seconds(
            lambda: [_judged(series, weekday, day) for series in counts[:FEW] for day in range(days - REPLAYED, days)]
        ),
        mark=MARK,
        times=3,
    )


def _counts(series: int, days: int) -> Numbers:
    """Counts with weekdays about 20 to 2,000 a day."""
    draw = np.random.default_rng(7)
    mean = draw.uniform(20, 2000, (series, 1)) * np.where(np.arange(days) % 7 < 5, 1.1, 0.75)
    return draw.negative_binomial(25, 25 / (25 + mean)).astype(np.float64)


def _judged(counts: Numbers, weekday: NDArray[np.int_], day: int) -> tuple[float, float]:
    """Mean and variance of a day: a quasi-Poisson fit, a second one with less weight on unusual days, a prediction."""
    window = slice(day - SIZES.guard - SIZES.window, day - SIZES.guard)
    trend = (np.arange(window.start, window.stop) - day) / SIZES.trend_unit
    design = np.column_stack([np.eye(7)[weekday[window]], trend])
    family = sm.families.Poisson()
    first = sm.GLM(counts[window], design, family=family).fit(scale="X2")
    off = np.abs(first.resid_anscombe_scaled)
    weights = np.where(off > UNUSUAL, np.maximum(off, 1.0) ** -2, 1.0)
    second = sm.GLM(counts[window], design, family=family, var_weights=weights).fit(scale="X2")
    ahead = second.get_prediction(np.append(np.eye(7)[weekday[day]], 0.0)[None, :])
    return float(ahead.predicted_mean[0]), float(second.scale * ahead.predicted_mean[0] + ahead.var_pred_mean[0])


if __name__ == "__main__":
    print_table(results())
