"""What the demo shows of coordination: its attacks hang together, its organic surge does not."""

from zoneinfo import ZoneInfo

import numpy as np
import pytest

from dashapp.demo import platform as p
from dashapp.demo.draw import NAMES, NONE, Drawn, draw
from dashapp.demo.plan import Demo, delivered
from dashapp.stats.coordination import Judged, Signals, judge
from dashapp.stats.traces import Traces, counted
from tests.demo.conftest import NOW

DAYS = p.SPAN_DAYS


def traces(drawn: Drawn, back: int) -> Traces:
    """The flags of a day, moments in seconds since the platform began; its cell is the category's on that day."""
    born = drawn.target / p.ACCOUNTS_A_DAY * 86400
    moment = drawn.second + (p.PLATFORM_DAYS - back) * 86400.0
    cell = drawn.category * DAYS + DAYS - 1 - back
    return Traces(cell, moment, drawn.target, born, np.where(drawn.reporter == NONE, -1, drawn.reporter), drawn.content)


@pytest.fixture(scope="module")
def judged() -> Judged:
    """Seed 42 at scale 1, the categories of the platform as series."""
    demo = Demo(NOW, ZoneInfo("UTC"))
    drawn = [traces(draw(demo, back), back) for back in delivered(demo)]
    flags = Traces._make(np.concatenate(columns) for columns in zip(*drawn, strict=True))
    columns = counted(flags, len(NAMES) * DAYS)
    return judge(Signals(**{name: values.reshape(-1, DAYS) for name, values in columns.items()}))


def days(surge: p.Surge, judged: Judged) -> list[float]:
    """The combined p of each day of a surge."""
    first = DAYS - 1 - surge.back
    return judged.combined[NAMES.index(surge.category), first : first + len(surge.more)].tolist()


@pytest.mark.parametrize("attack", [p.BRIGADE, p.BOT_NET, p.LOW_INTENSITY, p.HIJACKED], ids=lambda one: one.incident_id)
def test_every_day_of_an_attack_is_seen_to_be_coordinated(attack: p.Surge, judged: Judged) -> None:
    assert max(days(attack, judged)) < 1e-6


def test_the_slow_ramp_is_seen_once_its_copies_are_a_third_of_the_flags_and_to_its_end(judged: Judged) -> None:
    ramp = days(p.SLOW_RAMP, judged)
    assert min(ramp[:4]) > 0.1
    assert max(ramp[4:]) < 1e-4


def test_the_organic_surge_rises_like_an_attack_and_is_none(judged: Judged) -> None:
    assert min(days(p.ORGANIC, judged)) > 0.1


def test_no_other_day_alarms(judged: Judged) -> None:
    clean = judged.combined.copy()
    for surge in p.SURGES:
        first = DAYS - 1 - surge.back
        clean[NAMES.index(surge.category), first : first + len(surge.more)] = np.nan
    assert np.nanmin(clean) > 10**-2.5
