"""What the reader should know before the numbers: how fresh they are, whose they are, what is new among them."""

from urllib.parse import urlencode

from dash import html
from dash.development.base_component import Component

from dashapp.domain.ask import Ask, Filters, Grain, Window, to_filters
from dashapp.domain.vocabulary import Dim, Feed, label
from dashapp.metrics import METRICS, measure
from dashapp.store.reads import DEMO
from dashapp.web import components, words
from dashapp.web.scenes import Scene

STALE_DAYS = 2
MOST_NEW = 6


def fresh(scene: Scene) -> str:
    """How old the newest data is, and when this was read."""
    desk = scene.desk
    if scene.live:
        return _received(scene)
    if scene.first_day is None:
        return "no data"
    stale = (desk.today - scene.as_of).days > STALE_DAYS
    read = desk.now.astimezone(desk.policy.zone)
    return f"data end {words.day(scene.as_of)}" if stale else f"data to {words.day(scene.as_of)}, read {read:%H:%M}"


def _received(scene: Scene) -> str:
    """When the last event came in, of the origins looked at."""
    names = scene.chosen_origins or scene.desk.default_origins(Feed.LIVE)
    came = [origin.delivered_at for origin in scene.origins if origin.name in names and origin.first_day]
    return f"last events received {max(came).astimezone(scene.desk.policy.zone):%H:%M:%S}" if came else "no events yet"


def window(scene: Scene) -> str:
    """The days, or the time of less than a day, that the page is about."""
    if scene.live and (stretch := scene.live.ask(scene.desk.now, scene.desk.policy.zone).stretch):
        return f"{words.moment(stretch.since, stretch.zone)} to {words.moment(stretch.until, stretch.zone)}"
    return words.days(scene.window.since, scene.window.until)


def notices(scene: Scene, still: str | None = None) -> list[Component]:
    """What the reader should know first: why figures stand `still`, bad values in the address, demo data,
    values never seen before.
    """
    problems = (scene.live or scene.view).problems
    notes = [components.notice(f"Left out of the address: {problem}.") for problem in problems]
    found, chosen = scene.origins, scene.chosen_origins
    real = [origin.name for origin in found if origin.kind != DEMO]
    if not found:
        notes.append(components.notice("The store is empty. Import data, or run: python -m dashapp demo"))
    elif not real or DEMO in chosen:
        whose = (
            "Demo data, made by a generator, are among these."
            if len(chosen) > 1
            else "These are demo data, made by a generator."
        )
        notes.append(components.notice(whose, "info"))
    elif len(real) < len(found) and not chosen:
        link = html.A("Show it", href=f"?{urlencode({'origin': DEMO})}")
        notes.append(components.notice(["Demo data is left out since there is real data. ", link], "info"))
    first = [_standing(still)] if still else []
    return [*first, *notes, *_closed(scene), *(_refused(scene) if scene.live else []), *_new_values(scene)]


def _standing(why: str) -> Component:
    """That figures stand still, so that those who run the server have to do something."""
    status = html.A("Status", href="/status")
    return components.notice([f"Figures are not brought up to date ({why}). ", status, " has more."])


def _closed(scene: Scene) -> list[Component]:
    """That days of the window are closed."""
    first = scene.desk.first_open_day
    if scene.live or first is None or scene.window.since >= first:
        return []
    told = (
        f"Days before {words.day(first)} are closed: they stay as they were counted. Of their single rows only those "
        f"are kept that were not decided then."
    )
    former = [
        f"before {words.day(one.before)} under an SLA of {words.sla(one.hours)}"
        for one in scene.desk.former_slas(scene.window)
    ]
    if former:
        told += f" They were counted {', and '.join(former)}."
    return [components.notice(told, "info")]


def _refused(scene: Scene) -> list[Component]:
    """That events received today were refused, which their senders may not look at."""
    today = Ask(Window(scene.desk.today, scene.desk.today), Grain.WHOLE, filters=_of_origins(scene))
    total = measure(scene.desk, METRICS["events_refused"], today).total
    if total is None or not total.value:
        return []
    share = words.number(total.value, METRICS["events_refused"].unit)
    told = f"{share} of {total.n:,} events received today were refused. Their senders were told why."
    return [components.notice(told)]


def _of_origins(scene: Scene) -> Filters:
    return to_filters({Dim.ORIGIN: scene.chosen_origins})


def _new_values(scene: Scene) -> list[Component]:
    """Values that a dimension took for the first time within the window: a new category is data and worth a look."""
    fresh = [
        f"{label(dim).lower()} {label(value.value)} ({words.day(value.first_day)})" for dim, value in scene.first_seen
    ]
    more = f" and {len(fresh) - MOST_NEW} more" if len(fresh) > MOST_NEW else ""
    return (
        [components.notice(f"First seen in this window: {', '.join(fresh[:MOST_NEW])}{more}.", "info")] if fresh else []
    )
