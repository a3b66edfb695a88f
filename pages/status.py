"""Status: whether jobs run, and whether the data can be trusted."""

from dashapp.domain.vocabulary import Dim, Feed
from dashapp.web.page import Card, Chart, Page

PAGE = Page(
    path="/status",
    name="Status",
    group="System",
    question="Do the jobs run, and can the data be trusted?",
    feed=Feed.ANY,
    filters=(Dim.ORIGIN,),
    more_filters=(),
    tiles=(
        "hours_since_event",
        "hours_since_import",
        "silent_days",
        "new_values",
        "field_flips",
        "unscored_share",
        "unlabelled_share",
        "events_refused",
        "events_ahead",
        "events_late",
    ),
    cards=(
        Card("", Chart.JOBS, "Jobs", columns=12, about="Work beside the requests: rollups, backups and the like."),
        Card("", Chart.ORIGINS, "Origins", columns=12, about="Who delivers what, and when they last did."),
        Card(
            "field_flips",
            Chart.LINES,
            columns=8,
            about="How far a day's values lie from those of the seven days before, of the field that moved most.",
        ),
        Card("field_flips", Chart.TOTALS, "Largest flip by field", by=(Dim.FIELD,), columns=4, about="In these days."),
        Card(
            "silent_days", Chart.BARS, by=(Dim.ORIGIN,), columns=4, about="Nothing came, after 14 days with something."
        ),
        Card("unscored_share", Chart.LINES, columns=4, about="Of the flags of origins that give scores."),
        Card(
            "events_refused",
            Chart.LINES,
            "Events refused, ahead and late",
            also=("events_ahead", "events_late"),
            columns=4,
            about="Of the events received, and of those that say when they happened.",
        ),
        Card("", Chart.VALUES, "New values", columns=8, about="What fields said for the first time in these days."),
        Card("", Chart.STORE, "Store", columns=4, about="Where all of this is kept."),
        Card("", Chart.RUNS, "Runs of jobs", columns=12, about="The latest first, as the bar above asks for them."),
    ),
)
