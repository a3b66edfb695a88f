"""Requests as nobody should send them: real bodies of callbacks and real events, spoilt in every way thought of."""

import gzip
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from random import Random
from typing import Any

DEEP = 100_000
"""Brackets in each other: far more than any parser goes down."""
STRANGE: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 0.5, 2**31, 2**63, 2**64, -(2**63) - 1, 10**400, 1e308, float("nan"), float("-inf")),
    *(
        "",
        " ",
        "\0",
        "a\0b",
        "\ud800",
        "\udfff\ud800",
        "\u202egnp",
        "\ufeff",
        "\n\r\t",
        "\u0663",
        "\uff13",
        "\uff1cscript\uff1e",
    ),
    *("' OR 1=1 --", '"; DROP TABLE flag; --', "%s%n", "{{7*7}}", "${7*7}", "=1+1", "@SUM(A1)", "../../etc/passwd"),
    *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)", "[x](javascript:alert(1))"),
    *("2024-02-30", "0000-00-00", "99999-01-01", "1e400", "-0", "0x10", "NaN", "null", "on", "range=9999999d"),
    *("since=2024-03-30&until=2024-03-01", "by=none&by=none", "&&&==;;", "category=" * 50, "x" * 100_000),
    *([], {}, [[]], [None], {"": ""}, {"id": {"id": {"id": []}}}, ["address"] * 200, {"__class__": "x"}),
)
KINDS = (
    *("application/json", "application/json; charset=utf-16", "application/json; charset=nothing", "APPLICATION/JSON"),
    *("text/plain", "text/html", "application/x-www-form-urlencoded", "multipart/form-data", "image/png", "", "/", ";"),
    *("multipart/form-data; boundary=", "application/x-ndjson", "application/vnd.api+json", "x" * 300),
)
ENCODINGS = ("gzip", "x-gzip", "deflate", "br", "zstd", "identity", "gzip, gzip", "nothing", "")


@dataclass(frozen=True)
class Sent:
    """A body with what its headers say of it."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Spoiler:
    """Spoils bodies, always in the same ways where chance begins alike. `kind` is what their content type should be."""

    random: Random
    kind: str

    def spoilt(self, real: Sequence[Any]) -> Sent:
        """One of the real values spoilt: what it says, how that is written, or how it is sent."""
        value, kind = deepcopy(self.random.choice(real)), {"Content-Type": self.kind}
        way = self.random.random()
        if way < 0.4 and (parts := [inside for inside, name in _places(value) if name == "value"]):
            part = self.random.choice(parts)  # what is asked is whole, and gets as far as what it is about
            part["value"] = self.changed(part["value"])
            return Sent(_written(value), kind)
        if way < 0.7:
            for _ in range(self.random.randint(1, 4)):
                value = self.changed(value)
            return Sent(_written(value), kind)
        if way < 0.9:
            return Sent(self.broken(_written(value)), kind)
        return self.missent(_written(value))

    def changed(self, value: Any) -> Any:
        """A value in which one part is another, is missing, or is there in another place."""
        places = list(_places(value))
        if not places or self.random.random() < 0.05:
            return self.strange()
        inside, name = self.random.choice(places)
        change = self.random.choice(("replace", "replace", "remove", "move", "wrap"))
        part = inside.pop(name) if change in ("remove", "move") else inside[name]
        if change == "replace":
            inside[name] = self.strange()
        elif change == "wrap":
            inside[name] = self.random.choice(([part], {"id": part}, json.dumps(part)))
        elif change == "move" and isinstance(inside, dict):
            inside[str(self.strange())[:20]] = part
        return value

    def strange(self) -> Any:
        """Something that is seldom expected."""
        return deepcopy(self.random.choice(STRANGE))

    def broken(self, text: bytes) -> bytes:
        """What is no JSON any more, or none that one would write."""
        at = self.random.randrange(len(text) + 1)
        ways: tuple[Callable[[], bytes], ...] = (
            lambda: text[:at],
            lambda: text[at:],
            lambda: text + text,
            lambda: text[:at] + self.random.randbytes(5) + text[at:],
            lambda: self.random.randbytes(200),
            lambda: b"[" * DEEP,
            lambda: b'{"inputs":' * DEEP,
            lambda: b"[" * DEEP + b"]" * DEEP,
            lambda: b'{"output": ' + b"9" * 10_000 + b"}",
            lambda: b'{"output": 1e999999999}',
            lambda: b"\xef\xbb\xbf" + text,
            lambda: text.decode().encode("utf-16"),
            lambda: text.replace(b'"', b"'"),
            lambda: text.replace(b"e", b"\xe9"),
            lambda: b"",
            lambda: b"null",
        )
        return self.random.choice(ways)()

    def missent(self, text: bytes) -> Sent:
        """A body that is not what its headers say."""
        if self.random.random() < 0.5:
            return Sent(text, {"Content-Type": self.random.choice(KINDS)})
        packed = gzip.compress(text, mtime=0)
        body = self.random.choice((text, packed, packed[:-9], packed + b"x", packed * 3, self.random.randbytes(50)))
        return Sent(body, {"Content-Type": self.kind, "Content-Encoding": self.random.choice(ENCODINGS)})


def _written(value: Any) -> bytes:
    """JSON as Python writes it: with NaN, halves of characters and numbers of any length."""
    return json.dumps(value).encode()


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every part of a value, by what it is in and its name or number there."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in inside:
        yield value, name
        yield from _places(part)
