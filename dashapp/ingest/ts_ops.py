"""The ts-ops format: a directory with flags, and, where the system has them, reviewers and known attacks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from dashapp.domain.messages import FlagRow, Incident, Reviewer
from dashapp.domain.vocabulary import Feed
from dashapp.ingest.lines import FileRefused
from dashapp.ingest.options import NotUsable
from dashapp.ingest.pipeline import (
    How,
    Kind,
    Source,
    import_files,
    store_flags,
    store_incidents,
    store_reviewers,
)
from dashapp.ingest.report import FileReport, Refusal, Report

KINDS = {
    "reviewers": Kind(
        Reviewer,
        {
            "reviewer_id": "reviewer_id",
            "team": "team",
            "capacity_per_day": "capacity_per_day",
            "seniority": "seniority",
        },
        "reviewer_id",
        (),
        store_reviewers,
    ),
    "attacks": Kind(
        Incident,
        {
            "attack_id": "incident_id",
            "start_date": "since",
            "end_date": "until",
            "category": "category",
            "severity": "severity",
            "num_accounts": "accounts",
            "pattern": "pattern",
        },
        "incident_id",
        ("since", "until"),
        store_incidents,
    ),
    "flags": Kind(
        FlagRow,
        {
            "flag_id": "flag_id",
            "date": "flagged_day",
            "category": "category",
            "severity": "severity",
            "action": "routing",
            "reviewer_id": "reviewer_id",
            "resolution_hrs": "hours_to_decision",
            "ml_score": "score",
            "coordinated_flag": "coordinated",
            "attack_id": "incident_id",
        },
        "flag_id",
        ("flagged_day",),
        store_flags,
        Feed.FLAGS,
        lambda flag, _zone: flag.flagged_day,
    ),
}
"""Field by documented header, per file, in the order in which files are taken: flags refer to the others. Columns not
named here are not read; the reviewers' names are among them on purpose."""

HEADERS = frozenset(header for kind in KINDS.values() for header in kind.columns)
"""Every documented header."""

ENDINGS = (".csv", ".parquet")


def renamed(options: Sequence[str]) -> dict[str, str]:
    """`FIELD=HEADER` options as headers in the files by documented header."""
    found = {}
    for option in options:
        name, _, header = (part.strip() for part in option.partition("="))
        if name not in HEADERS or not header:
            raise NotUsable(f"--map {option}: is not FIELD=HEADER with a FIELD of {', '.join(sorted(HEADERS))}")
        found[name] = header
    return found


@dataclass(frozen=True)
class Found:
    """The files of a directory that are ours, and the kinds of file it does not have."""

    sources: list[Source]
    absent: list[str]


def find_files(directory: Path, renamed: Mapping[str, str]) -> Found:
    """The files to import; only flags must be there."""
    if not directory.is_dir():
        reason = "is a file, not a directory" if directory.exists() else "is not there"
        raise FileRefused(Refusal(str(directory), None, None, None, reason))
    found = Found([], [])
    for stem, kind in KINDS.items():
        paths = [path for ending in ENDINGS if (path := directory / f"{stem}{ending}").exists()]
        if len(paths) > 1:
            raise FileRefused(
                Refusal(str(directory), None, None, None, f"has both {paths[0].name} and {paths[1].name}")
            )
        if not paths and stem == "flags":
            reason = f"no flags.csv or flags.parquet in {directory}"
            raise FileRefused(Refusal("flags.csv", None, None, None, reason))
        found.sources.extend(Source(path, kind, renamed) for path in paths)
        if not paths:
            found.absent.append(stem)
    return found


def import_ts_ops(engine: Engine, directory: Path, renamed: Mapping[str, str], how: How) -> Report:
    """Import a directory; what cannot be taken is in the report, and nothing is raised for it."""
    try:
        found = find_files(directory, renamed)
    except FileRefused as refused:
        return Report(how.origin, [FileReport(str(directory), refusals=[refused.refusal])], stored=False)
    report = import_files(engine, found.sources, how)
    report.absent = found.absent
    return report
