"""Facts of the incidents that the detection job found."""

from collections import Counter
from collections.abc import Iterator, Sequence

from dashapp.domain.ask import Window, to_filters
from dashapp.domain.vocabulary import Dim, Feed, Triage
from dashapp.metrics import METRICS
from dashapp.metrics.standing import Standing, could_judge, standing
from dashapp.metrics.telling import KINDS, chance
from dashapp.metrics.words import NO_DATA, number
from dashapp.store.version import has_news
from dashapp.summary.attacked import KEPT_BY, asked
from dashapp.summary.fact import Fact
from dashapp.summary.figures import ATTACKS
from dashapp.summary.names import category_name, stretch, twice
from dashapp.summary.scope import Scope, address
from dashapp.summary.weeks import DAYS

STATES = {
    Triage.OPEN: "Incidents that nobody has judged yet",
    Triage.CONFIRMED: "Incidents that an analyst confirmed",
    Triage.DISMISSED: "Incidents that an analyst dismissed",
}
KNOWN_ATTACK = "part of a known attack"
FLAGS = METRICS["flags"]


def incident_facts(scope: Scope) -> Iterator[Fact]:
    """The incidents that touch the week: how many, of what kind, what analysts made of them, and the first of them."""
    ask, known = asked(scope), scope.known(Feed.FLAGS)
    query = address(ask.filters, ask.window)
    found = sorted(standing(scope.desk, ask), key=_rank)
    looked = bool(found) or could_judge(scope.desk, scope.names(), ask.window)
    pending = looked and (known.complete < DAYS or has_news(scope.desk.connection))
    counts = _counts(scope, found)
    for key, (name, count) in counts.items():
        value, text = (count, str(count)) if looked else (None, NO_DATA)
        yield Fact(key, name, value, text, provisional=pending, query=query)
    for place, one in enumerate(found[:ATTACKS], start=1):
        yield from _incident(scope, f"incidents.found_{place}", one, pending=pending)


def _rank(one: Standing) -> tuple[bool, bool, float, int]:
    """What to tell of first: what nobody has dismissed, what goes on, and what is the least likely to be chance."""
    _, over, p, age = one.rank
    return one.found.state is Triage.DISMISSED, over, p, age


def _counts(scope: Scope, found: Sequence[Standing]) -> dict[str, tuple[str, int]]:
    """The name and the number of the incidents, all and by what they are, by key; of kinds those that there are."""
    states = Counter(one.found.state for one in found)
    kinds = Counter(one.found.seen.kind for one in found)
    return {
        "incidents": (scope.titled("Incidents that the detector found", KEPT_BY), len(found)),
        **{f"incidents.{state}": (f"{name}, at the time of writing", states[state]) for state, name in STATES.items()},
        **{f"incidents.{kind}": (f"Incidents, {KINDS[kind].lower()}", count) for kind, count in sorted(kinds.items())},
    }


def _incident(scope: Scope, key: str, one: Standing, *, pending: bool) -> Iterator[Fact]:
    """What one incident is, in words of ours."""
    seen = one.found.seen
    window = Window(seen.since, seen.until)
    of = to_filters({dim: (value,) for dim, value in one.groups.items()})
    query = address(to_filters({Dim.ORIGIN: (one.found.source.origin,), **dict(of)}), window)
    name = category_name(scope, one.category)
    yield Fact(f"{key}.name", "Incident, its category", name, name)
    yield Fact(f"{key}.kind", "Incident, its kind", *twice(KINDS[seen.kind]))
    state = KNOWN_ATTACK if seen.attack is not None else str(one.found.state)
    yield Fact(f"{key}.state", "Incident, what is known of it", *twice(state))
    yield Fact(f"{key}.days", "Incident, its days", *twice(stretch(window)), query=query)
    for part, name, count in (
        ("observed", "Incident, flags seen", seen.observed),
        ("expected", "Incident, flags expected", seen.expected),
    ):
        yield Fact(
            f"{key}.{part}", name, count, number(count, FLAGS.unit), FLAGS.unit, provisional=pending, query=query
        )
    yield Fact(
        f"{key}.chance",
        "Incident, chance of it without a cause",
        one.chance,
        chance(one.chance),
        provisional=pending,
        query=query,
    )
