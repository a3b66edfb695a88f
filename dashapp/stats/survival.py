"""Times to an event of which some have not happened yet."""

import numpy as np
from numpy.typing import NDArray

Hours = NDArray[np.floating]

NEAR = 1e-9
"""How near, as a share of it, a product of many quotients comes to the number that it is."""


def censored_quantile(happened: Hours, waiting: Hours, p: float) -> float | None:
    """The time by which the event has happened to the share p of all, by Kaplan and Meier (1958, JASA 53:457).

    The first t with S(t) <= 1 - p; `happened` are the times to the event where it has happened, `waiting` those for
    which the others have waited so far. None where S does not come down so far.
    """
    times, events = np.unique(happened, return_counts=True)
    at_risk = len(happened) + len(waiting)
    before = np.concatenate([[0], np.cumsum(events)[:-1]]) + np.searchsorted(np.sort(waiting), times, side="left")
    survival = np.cumprod(1 - events / (at_risk - before))
    reached = survival <= (1 - p) * (1 + NEAR)
    return float(times[reached.argmax()]) if reached.any() else None
