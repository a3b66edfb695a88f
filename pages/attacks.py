"""Attacks: whether somebody attacks, and whether the detector would have said so."""

from dashapp.web.page import Card, Chart, Page

PAGE = Page(
    path="/attacks",
    name="Attacks",
    group="Monitor",
    question="Is somebody attacking, and would we have seen it?",
    cards=(
        Card(
            "flags",
            Chart.SPIKES,
            "Flags against the expected range",
            columns=12,
            about="Each day's flags and the range in which the detector would raise no alarm.",
        ),
        Card(
            "flags",
            Chart.BACKTEST,
            "The detector against known attacks",
            columns=12,
            about="Would the detector have seen them?",
        ),
        Card(
            "flags",
            Chart.ATTACKS,
            "Known attacks and unexplained alarms",
            columns=12,
            about="Attacks that were declared, with the flags of their category, and alarms on days without one.",
        ),
    ),
)
