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
            Chart.ATTACKS,
            "Incidents",
            columns=12,
            about="What the volume model found, most urgent first, and known attacks that it missed.",
        ),
        Card(
            "flags",
            Chart.TIMELINE,
            "Flags against the expected range",
            columns=12,
            about="Each series, on its own scale, with the range in which the chosen detector would raise no alarm.",
            marked=True,
        ),
        Card(
            "",
            Chart.NOTES,
            "Notes on days",
            columns=12,
            about="What happened that counts do not tell. Said for everyone, and marked on charts over days.",
        ),
        Card(
            "flags",
            Chart.BACKTEST,
            "The detectors against known attacks",
            columns=12,
            about="Would they have seen them?",
        ),
        Card(
            "flags",
            Chart.POWER,
            "What can be seen",
            columns=12,
            about="How likely a day of so many times the expected flags is an alarm of the volume model, at the "
            "volume of the last week.",
        ),
    ),
)
