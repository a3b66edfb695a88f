"""Who and what the flags of an incident come down to: the accounts, reporters and contents with the most of them.

A reporter is a person who is not accused of anything, and the flags that one sent can be found in the origin's own
system by their ids. So a reporter's key never leaves this module, not even as a pseudonym: what is told is how many
different reporters there are and how much the busiest of them sent, in their order. Keys of accounts and contents are
told, as they are with the rows themselves: acting on them is what an analyst is there for.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
from sqlalchemy import BindParameter, Connection, Date, Select, String, bindparam, select

from dashapp.stats.near import clusters
from dashapp.store.bulk import select_columns
from dashapp.store.portable import epoch
from dashapp.store.schema import flag
from dashapp.store.signals import KEYS, SIMHASH

MOST = 10
"""Listed of each."""
HOUR = 3600

ORIGIN: BindParameter[str] = bindparam("of_origin", type_=String)
SINCE: BindParameter[date] = bindparam("since", type_=Date)
UNTIL: BindParameter[date] = bindparam("until", type_=Date)
CATEGORY: BindParameter[str] = bindparam("of_category", type_=String)


FLAGS: Select[tuple[str, str, str, int]] = select(
    *(flag.c[name] for name in KEYS), epoch(flag.c.flagged_at).label("moment")
).where(flag.c.origin == ORIGIN, flag.c.flagged_day.between(SINCE, UNTIL), flag.c.category == CATEGORY)
"""What is read of an incident's flags."""


@dataclass(frozen=True)
class Share:
    """One account, content or reporter: how many flags, and their share of those that name any."""

    key: str | None
    """None for a reporter. Of contents that are nearly the same, the key that comes most often."""
    flags: int
    share: float
    variants: int
    """Different keys that count as this one: more than one only of contents that are nearly the same."""


@dataclass(frozen=True)
class Leading:
    """The first MOST of one kind, the most flags first."""

    of: int
    """Flags that name any."""
    different: int
    first: tuple[Share, ...]


@dataclass(frozen=True)
class Attribution:
    """What the flags of a category have in common over some days."""

    flags: int
    targets: Leading
    reporters: Leading
    contents: Leading
    hours: tuple[tuple[datetime, int], ...]
    """The hours (UTC) with any flag whose moment is known, and how many."""


def attribution(connection: Connection, origin: str, category: str, since: date, until: date) -> Attribution:
    """What the flags of an origin and category have in common from one day to another, both included.

    It reads the flags of these days in one go, by the index of origin and day.
    """
    bound = {ORIGIN.key: origin, SINCE.key: since, UNTIL.key: until, CATEGORY.key: category}
    told: dict[str, Counter[str | None]] = {name: Counter() for name in KEYS}
    hours: Counter[int | None] = Counter()
    for columns in select_columns(connection, FLAGS, bound):
        for name, counted in told.items():
            counted.update(columns[name])
        hours.update(None if moment is None else moment // HOUR for moment in columns["moment"])
    targets, reporters, contents = ({key: n for key, n in told[name].items() if key is not None} for name in KEYS)
    known = [(hour, many) for hour, many in hours.items() if hour is not None]
    return Attribution(
        hours.total(),
        _leading([(key, n, 1) for key, n in targets.items()]),
        _leading([(None, n, 1) for n in reporters.values()]),
        _leading(_together(contents)),
        tuple((datetime.fromtimestamp(hour * HOUR, UTC), many) for hour, many in sorted(known)),
    )


def _leading(counted: Sequence[tuple[str | None, int, int]]) -> Leading:
    """The first of some keys, given with their flags and variants; those with as many flags in the order of keys."""
    of = sum(flags for _, flags, _ in counted)
    first = sorted(counted, key=lambda one: (-one[1], one[0] or ""))[:MOST]
    return Leading(of, len(counted), tuple(Share(key, flags, flags / of, many) for key, flags, many in first))


def _together(contents: Mapping[str, int]) -> list[tuple[str | None, int, int]]:
    """Contents with their flags, those that are nearly the same as one, and how many keys each stands for."""
    hashed = sorted(key for key in contents if SIMHASH.fullmatch(key))
    hashes = np.array([int(key, 16) for key in hashed], dtype=np.uint64)
    variants: defaultdict[str, list[str]] = defaultdict(list)
    for key, first in zip(hashed, clusters(hashes, np.zeros(len(hashed), dtype=np.int64)).tolist(), strict=True):
        variants[hashed[first]].append(key)
    others = {key: [key] for key in contents.keys() - set(hashed)}
    return [
        (max(keys, key=lambda key: (contents[key], key)), sum(contents[key] for key in keys), len(keys))
        for keys in (*variants.values(), *others.values())
    ]
