"""Weekly summary: what leadership should know of a week."""

from dashapp.web.cards.summary import page_of
from dashapp.web.chosen import view_of_week
from dashapp.web.page import Card, Chart, Page

PAGE = Page(
    path="/summary",
    name="Weekly summary",
    group="Monitor",
    question="What should leadership know of the week?",
    bar=False,
    about=page_of,
    view=view_of_week,
    cards=(
        Card("", Chart.DOCUMENT, "Summary", columns=12, about="Every figure was measured; none was written by hand."),
        Card("", Chart.SINCE, "What changed since last week", columns=8, about="Where both weeks can be compared."),
        Card("", Chart.LEAD, "What do you make of it?", columns=4, about="Said for everyone, and kept in the trail."),
        Card("", Chart.VERSIONS, "All summaries", columns=8, about="Made again, a week has another version."),
        Card("", Chart.ORDER, "Another summary", columns=4, about="Of another week, or with what is known by now."),
        Card("", Chart.SENT, "Where it went", columns=7, about="By mail and to Slack, each recipient once."),
        Card("", Chart.SAID, "Changes", columns=5, about="Who commented on this version or approved it."),
    ),
)
