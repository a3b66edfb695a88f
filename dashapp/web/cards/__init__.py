"""How each kind of card is made: from a scene and a card to its content."""

from collections.abc import Callable

from dashapp.web.cards import (
    administration,
    at_risk,
    attacks,
    attention,
    backtest,
    board,
    changes,
    deliveries,
    drivers,
    incident,
    noted,
    rows,
    series,
    spread,
    status,
    strength,
    summaries,
    summary,
    timeline,
    verdict,
)
from dashapp.web.cards.content import Content
from dashapp.web.listing import drill
from dashapp.web.page import Card, Chart
from dashapp.web.scenes import Scene

__all__ = ["Content", "content"]

MAKERS: dict[Chart, Callable[[Scene, Card], Content]] = {
    Chart.BARS: series.bars,
    Chart.LINES: series.lines,
    Chart.TOTALS: series.totals,
    Chart.BOXES: spread.boxes,
    Chart.HISTOGRAM: spread.histogram,
    Chart.CHANGES: changes.changes,
    Chart.AT_RISK: at_risk.at_risk,
    Chart.ROWS: rows.rows,
    Chart.VERDICT: verdict.verdict,
    Chart.SPIKES: timeline.spikes,
    Chart.TIMELINE: timeline.timeline,
    Chart.BACKTEST: backtest.backtest,
    Chart.POWER: strength.power,
    Chart.NOTES: noted.notes,
    Chart.ATTACKS: attacks.attacks,
    Chart.INCIDENTS: attacks.attacks,
    Chart.FACTS: incident.facts,
    Chart.TRIAGE: incident.triage,
    Chart.AROUND: incident.around,
    Chart.SIGNALS: drivers.signals,
    Chart.PARTS: drivers.parts,
    Chart.DRIVERS: drivers.drivers,
    Chart.BY_HOUR: drivers.by_hour,
    Chart.DAYS: incident.days,
    Chart.TRAIL: incident.trail,
    Chart.DOCUMENT: summary.document,
    Chart.SINCE: summaries.since,
    Chart.LEAD: summaries.lead,
    Chart.ORDER: summaries.order,
    Chart.VERSIONS: summaries.versions,
    Chart.SAID: summaries.said,
    Chart.SENT: deliveries.sent,
    Chart.ATTENTION: attention.attention,
    Chart.BOARD: board.board,
    Chart.JOBS: status.jobs,
    Chart.RUNS: status.history,
    Chart.ORIGINS: status.origins,
    Chart.VALUES: status.values,
    Chart.STORE: status.store,
    Chart.USERS: administration.people,
    Chart.TOKENS: administration.programs,
    Chart.SESSIONS: administration.present,
    Chart.AUDIT: administration.trail,
}


def content(scene: Scene, card: Card) -> Content:
    """What a card shows under an address."""
    found = MAKERS[card.chart](scene, card)
    if found.figure is not None and card.key and "rows" not in found.figure["layout"]["meta"]:
        found.figure["layout"]["meta"]["rows"] = drill(card.metric, scene.view, scene.ask(card), scene.first_day)
    return found
