"""The tables of what runs beside the requests: runs of jobs, and the figures they keep ready."""

from sqlalchemy import Column, Double, Index, Integer, String, Table, Text

from dashapp.store.columns import Instant, key, metadata

job_run = Table(
    "job_run",
    metadata,
    key("job", primary_key=True),
    Column("slot", Instant, primary_key=True),
    Column("attempt", Integer, nullable=False),
    key("runner", nullable=False),
    Column("begun_at", Instant, nullable=False),
    Column("lease_until", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("seconds", Double),
    Column("result", Text),
    Column("error", Text),
    Index("ix_job_run_begun_at", "begun_at"),
)
"""Runs of jobs, one a slot, the moment at which a run was due. A run without `ended_at` goes on for as long as its
lease is renewed; one whose lease ran out was lost with its process, and is taken up again as the next `attempt`.
`result` is a JSON object of counts, `error` the kind of failure; the log has more."""

snapshot = Table(
    "snapshot",
    metadata,
    key("metric", primary_key=True),
    Column("question", String(500), primary_key=True),
    Column("answer", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("computed_at", Instant, nullable=False),
    Column("seconds", Double, nullable=False),
)
"""Answers that take long, computed ahead: of a metric and a question (as the query string of an address), the answer as
JSON, and the version of the data that it was computed from."""
