"""Flags: what a figure was counted from, one by one."""

from dashapp.domain.access import Permission
from dashapp.web.page import Card, Chart, Page

PAGE = Page(
    path="/flags",
    name="Flags",
    group="Monitor",
    question="Which flags are these?",
    lists_flags=True,
    permission=Permission.ROWS,
    cards=(
        Card(
            "flags",
            Chart.ROWS,
            about="One row a flag, by the day it was raised. Who reviewed or reported it is not shown.",
            columns=12,
        ),
    ),
)
