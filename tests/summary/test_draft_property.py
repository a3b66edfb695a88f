"""Whatever a model writes, every numeral of what is shown is one of the facts'."""

import re
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from dashapp.metrics import METRICS
from dashapp.summary.check import problems
from dashapp.summary.draft import Draft, Followed, Watched, sections
from dashapp.summary.fact import FELL, ROSE, Fact, Facts, direction
from dashapp.summary.figures import FIGURES
from dashapp.summary.render import prose as written
from dashapp.summary.template import framed
from tests.summary.test_template import numerals

WORDS = ["the", "backlog", "of", "flags", "spam", "fraud", "rose", "fell", "to", "from", "by", "stands at", "and", "is"]
NUMBERS = ["7", "40 %", "twelve", "half", "zero", "a dozen", "\u0663", "XII", "\u00be", "1,000", "-3", "twice", "3rd"]
MARKS = ["[a](b)", "![x](y)", "<b>", "# ", "`", "&#55;", "{{", "}}", "\n", "%37", "\\u0037"]
SPELT = re.compile(r"\b(?:twelve|half|zero|dozen|twice)\b")
"""What of the number words above no fact and no sentence of ours has."""


def changed(facts: Facts, values: list[float]) -> Facts:
    """The facts with other values in place of numbers, and with what follows from these."""
    drawn = iter(values * (len(facts.known) // len(values) + 1))
    known = {key: _changed(fact, next(drawn)) for key, fact in facts.known.items()}
    for key in FIGURES:
        before = known[f"{key}.before"].value
        now = known[key].value
        moved = direction(_number(now), _number(before), METRICS[key].unit)
        known[key] = replace(known[key], direction=moved, verdict="worse" if moved in (ROSE, FELL) else None)
    return Facts(known)


def _changed(fact: Fact, value: float) -> Fact:
    if not isinstance(fact.value, int | float) or fact.key.startswith("limits"):
        return fact
    return replace(fact, value=value, text=f"{value:,.1f} {fact.unit}".strip())


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None


@st.composite
def prose(draw: st.DrawFn, keys: list[str]) -> str:
    """A sentence of words, placeholders that are known and not, and now and then a number or a mark."""
    placeholders = st.builds(
        "{{{{{}{}}}}}".format,
        st.sampled_from([*keys, "no.such", "7"]),
        st.sampled_from(["", "", "", "|name", "|direction", "|verdict", "|pct", "|count", "|7"]),
    )
    words = st.one_of(st.sampled_from(WORDS), st.sampled_from(WORDS), placeholders, placeholders)
    wild = st.sampled_from([*NUMBERS, *MARKS])
    parts = draw(st.lists(words, min_size=1, max_size=6))
    if draw(st.integers(0, 3)) == 0:
        parts.insert(draw(st.integers(0, len(parts))), draw(wild))
    return " ".join(parts) + draw(st.sampled_from([".", ".", ".", ""]))


def draft_with(words: str) -> Draft:
    """A draft that can be used, but perhaps for these words."""
    return Draft(
        top_risks=["The backlog stands at {{backlog}}.", "Spam stands at {{flags.spam}}."],
        category_to_watch=Watched(category="flags.spam", why="It is the one to watch."),
        classifier_health=words,
        staffing_recommendation="Utilisation is {{utilisation}}.",
        key_metric_next_week=Followed(metric="backlog", why="It is the one to follow."),
    )


@settings(
    max_examples=300,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_every_numeral_of_a_draft_that_passes_is_a_facts(demo_facts: Facts, data: st.DataObject) -> None:
    values = data.draw(st.lists(st.floats(0, 1e6), min_size=1, max_size=9))
    facts = changed(demo_facts, values)
    draft = draft_with(data.draw(prose(list(facts.known))))
    found = problems(draft, facts)
    event("refused" if found else "passes")
    if found:
        return
    text = written(framed(facts, sections(draft, facts)), facts)
    known: set[str] = set().union(*(numerals(fact.text) | numerals(fact.name) for fact in facts.known.values()))
    assert numerals(text) <= known
    assert not SPELT.search(text)
    assert text.isascii()
