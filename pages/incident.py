"""Incident: what is known of one, and what is made of it."""

from dashapp.web.cards.incident import page_of
from dashapp.web.page import Card, Chart, Page

PAGE = Page(
    path="/incident",
    name="Incident",
    group="",
    question="What is it, how sure is that, and what is to be done?",
    bar=False,
    about=page_of,
    cards=(
        Card("", Chart.FACTS, "What was found", columns=8, about="All of its days together."),
        Card("", Chart.TRIAGE, "What do you make of it?", columns=4, about="Said for everyone, and kept in the trail."),
        Card("", Chart.AROUND, "The days around it", columns=12, about="Four weeks before to one week after."),
        Card(
            "",
            Chart.SIGNALS,
            "Does it hang together?",
            about="How likely each signal would be by chance.",
        ),
        Card(
            "",
            Chart.PARTS,
            "Where it lies",
            about="Finer series with more than expected, the largest excess first.",
        ),
        Card(
            "", Chart.BY_HOUR, "Flags by hour", columns=12, about="When they came, by the clock of the reporting zone."
        ),
        Card(
            "",
            Chart.DRIVERS,
            "Who and what it comes down to",
            columns=12,
            about="Accounts and contents with most flags.",
        ),
        Card("", Chart.DAYS, "Day by day", columns=7, about="What was seen and expected of each day."),
        Card("", Chart.TRAIL, "Changes", columns=5, about="Who did what to it, the latest first."),
    ),
)
