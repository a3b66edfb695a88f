"""Asks a server what a browser asks when a page is opened and when a filter changes."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cached_property
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urlsplit

from bench.result import seconds
from dashapp.domain.ask import Filters, Window
from dashapp.domain.view import DEFAULT_DAYS, View
from dashapp.domain.vocabulary import NOT_GIVEN, Dim

CALLBACKS = "/_dash-update-component"
Question = dict[str, Any]
"""The body of a callback request."""


class Visitor:
    """A visitor to one server, who asks over one connection, as long as it stays open."""

    def __init__(self, url: str, signed_in: Mapping[str, str] | None = None) -> None:
        """`signed_in` is the cookie of somebody who is, by its name."""
        self.connection = HTTPConnection(urlsplit(url).netloc)
        self.signed_in = dict(signed_in or {})
        self.asked: Counter[tuple[str, Filters]] = Counter()

    @cached_property
    def headers(self) -> dict[str, str]:
        """What a browser sends along once it has loaded a page: its cookies, and the token that one of them holds."""
        self.connection.request("GET", "/", headers=_with_cookies(self.signed_in))
        answer = self.connection.getresponse()
        answer.read()
        given = [SimpleCookie(one) for one in answer.headers.get_all("Set-Cookie", [])]
        cookies = {**self.signed_in, **{name: one.value for jar in given for name, one in jar.items()}}
        tokens = [value for name, value in cookies.items() if name.endswith("-csrf")]
        return {**_with_cookies(cookies), "X-CSRFToken": tokens[0]} if tokens else {}

    def open_page(self) -> None:
        """Load a page, before what it asks is measured."""
        self.reconnect()
        _ = self.headers

    def read(self, method: str, path: str, body: bytes | None = None, encoding: str = "identity") -> bytes:
        """What the server answers; raises unless that is a success."""
        headers = {"Content-Type": "application/json", "Accept-Encoding": encoding, **self.headers}
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        data = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{method} {path}: {answer.status} {data[:500]!r}")
        return data

    def get(self, path: str) -> Any:
        """JSON that the server has."""
        self.reconnect()
        return json.loads(self.read("GET", path))

    def call(self, question: Question) -> Any:
        """What a callback returns, by the ids of its outputs."""
        self.reconnect()
        return json.loads(self.read("POST", CALLBACKS, json.dumps(question).encode()))["response"]

    def reconnect(self) -> None:
        """Have the next question put over another connection, perhaps to another worker of the server."""
        self.connection.close()
        self.connection.connect()

    def took(self, question: Question) -> float:
        """The seconds until the answer to a callback is there, compressed as for a browser."""
        body = json.dumps(question).encode()
        return seconds(lambda: self.read("POST", CALLBACKS, body, "br"))

    def fill(self, path: str, query: str) -> Question:
        """What a page asks when its address has changed."""
        return {
            "output": "answer.data",
            "outputs": {"id": "answer", "property": "data"},
            "inputs": [_value("address", "data", query), _value("refresh", "n_intervals", 0)],
            "changedPropIds": ["address.data"],
            "state": [_value("page", "data", path)],
        }

    @cached_property
    def last_day(self) -> date:
        """The last day that the data cover."""
        return date.fromisoformat(self.get("/api/v1/metrics/flags.json?grain=whole")["as_of"])

    def values(self, dim: Dim) -> dict[str, int]:
        """The values of a dimension that the last days have, and how many flags each."""
        points = self.get(f"/api/v1/metrics/flags.json?{urlencode({'grain': 'whole', 'by': dim})}")["points"]
        return {point["group"]: point["value"] for point in points if point["group"] != NOT_GIVEN}

    def most(self, dim: Dim) -> str | None:
        """The value of a dimension that most flags have, if any has one."""
        found = self.values(dim)
        return max(found, key=lambda value: found[value]) if found else None

    def unseen(self, path: str, filters: Filters = ()) -> str:
        """A view of a page not asked for yet: each time a window of the usual length that ends a day earlier."""
        window = Window.ending(self.last_day - timedelta(days=self.asked[path, filters]), DEFAULT_DAYS)
        self.asked[path, filters] += 1
        return View(since=window.since, until=window.until, filters=filters).query()

    def cold(self, path: str, filters: Filters = ()) -> float:
        """The seconds that a view takes that nobody has asked for."""
        question = self.fill(path, self.unseen(path, filters))
        self.reconnect()
        return self.took(question)


def _with_cookies(cookies: Mapping[str, str]) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())} if cookies else {}


def _value(component: str, name: str, value: Any) -> dict[str, Any]:
    return {"id": component, "property": name, "value": value}
