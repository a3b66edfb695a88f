"""Administration: who may come in, who is here, and who did what."""

from dashapp.domain.access import Permission
from dashapp.domain.vocabulary import Feed
from dashapp.web.page import Card, Chart, Page

PAGE = Page(
    path="/admin",
    name="Administration",
    group="System",
    question="Who may come in, and who did what?",
    feed=Feed.ANY,
    filters=(),
    more_filters=(),
    cards=(
        Card("", Chart.USERS, "Users", columns=12, about="What changes a user ends their sessions at once."),
        Card("", Chart.TOKENS, "API tokens", columns=12, about="What lets programs in. A token is shown once."),
        Card("", Chart.SESSIONS, "Sessions", columns=12, about="Who is signed in. Last seen is some minutes old."),
        Card(
            "",
            Chart.AUDIT,
            "Trail",
            columns=12,
            about="Who did what, as the bar above asks, the newest first. Nobody can change it.",
        ),
    ),
    permission=Permission.ADMIN,
)
