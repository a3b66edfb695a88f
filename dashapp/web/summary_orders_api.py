"""`POST /api/v1/summaries`: summaries that programs want, and what becomes of what they ordered."""

from typing import Annotated, Any, NoReturn

from flask import Response, request, url_for
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dashapp.domain.ask import Filters
from dashapp.domain.view import View
from dashapp.store.orders import MOST_OPEN, Wanted, get_order, open_orders, put_order
from dashapp.summary.scope import address, filters_of, origins_of
from dashapp.summary.weeks import NoWeek, Week, check
from dashapp.web.asking import SHOWN, refuse
from dashapp.web.desk import open_desk, services, who_asks
from dashapp.web.export import json_answer, written
from dashapp.web.triaging import number_in

MOST_BYTES = 16 * 1024
"""Of a body."""
RETRY_SECONDS = 60


class Wish(BaseModel):
    """What a program orders: a week by its ISO name, or the last complete one; filters as an address has them."""

    model_config = ConfigDict(extra="forbid", strict=True)

    week: str | None = None
    filters: Annotated[str, Field(max_length=2000)] = ""


def order() -> Response:
    """Take an order, and say where it can be asked what became of it."""
    wish = _wish()
    filters = _filters(wish.filters)
    week = _week(wish.week, origins_of(filters))
    held = services()
    with held.writer.begin() as connection:
        full = open_orders(connection) >= MOST_OPEN
        number = None if full else put_order(connection, week, address(filters), who_asks().name, held.clock())
    if number is None:
        told = {"Retry-After": str(RETRY_SECONDS)}
        return json_answer({"error": f"{MOST_OPEN} orders are open already; try again later."}, 429, told)
    place = url_for("api.ordered", number=number)
    return json_answer({"order": number, "state": "waiting"}, 202, {"Location": place})


def ordered(number: str) -> Response:
    """What became of an order."""
    known = number_in(number)
    with services().store.connect() as connection:
        wanted = get_order(connection, known) if known is not None else None
    if wanted is None:
        refuse(404, f"There is no order {number[:SHOWN]}, or not any more.")
    return json_answer(_told(wanted))


def _wish() -> Wish:
    """The order as the body has it; whatever keeps it from being read ends the request."""
    if request.mimetype != "application/json":
        refuse(415, "Content-Type is not application/json.")
    request.max_content_length = MOST_BYTES
    try:
        return Wish.model_validate_json(request.get_data())
    except ValidationError as error:
        _refuse([f"{_place(problem['loc'])}: {problem['msg']}" for problem in error.errors(include_url=False)])


def _place(location: tuple[int | str, ...]) -> str:
    return str(location[0])[:40] if location else "body"


def _week(name: str | None, origins: tuple[str, ...]) -> str | None:
    """The name of a week of which something can be known."""
    if name is None:
        return None
    try:
        week = Week.parse(name)
        with open_desk(written=True) as desk:
            check(desk, week, origins)
    except NoWeek as error:
        _refuse([f"week: {error}"])
    return week.name


def _filters(query: str) -> Filters:
    view = View.parse(query)
    if view != View(filters=view.filters):
        _refuse(["filters: hold more than filters such as category=spam; a summary has its week's days"])
    try:
        return filters_of(query)
    except NoWeek as error:
        _refuse([str(error)])


def _refuse(problems: list[str]) -> NoReturn:
    refuse(400, "The order could not be read.", problems=problems)


def _told(wanted: Wanted) -> dict[str, Any]:
    made = {"week": wanted.made, "version": wanted.version} if wanted.made else None
    return {
        "order": wanted.id,
        "week": wanted.week,
        "filters": wanted.filters,
        "asked_at": written(wanted.asked_at),
        "state": _state(wanted),
        "step": None if wanted.ended_at else wanted.step,
        "made": made,
        "error": wanted.error,
    }


def _state(wanted: Wanted) -> str:
    if wanted.ended_at is None:
        return "being made" if wanted.step else "waiting"
    return "failed" if wanted.error else "made"
