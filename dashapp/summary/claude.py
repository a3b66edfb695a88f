"""Asks a model of Anthropic. What it is told are numbers and enumerated ids; what comes back is judged elsewhere."""

import asyncio
import json
import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

import anthropic
from anthropic.types import Message, MessageParam, OutputConfigParam
from pydantic import ValidationError

from dashapp.settings import Settings
from dashapp.summary.draft import Draft
from dashapp.summary.fact import Fact, Facts

log = logging.getLogger(__name__)

T = TypeVar("T")

PLAIN_ID = re.compile("[A-Za-z0-9_-]{1,64}")
"""What a request id looks like. Anything else that a server calls one is not kept."""

RULES = """\
You write the weekly summary of a Trust & Safety operations desk for its leads: calm, plain, exact.
You get facts as JSON rows. Their values are for your judgement; your text never holds a figure of its own.

Write a figure only as a placeholder: {{key}}. Of a fact you may also write {{key|name}}, {{key|direction}} and \
{{key|verdict}}, where it has them; {{key.before}} is the week before, {{key.change}} the change, both with keys of \
their own.
No digits, no numbers in words (two, half, double, dozen, percent, zero), no fractions and no Roman numerals. Ordinals \
and "one" may stand. Say no figure as a bound or a guess (over, about, near, nearly): it is exact. One of %, pt, h or \
days brings its unit; after one of flags, reports or reviewers you may write the noun.
Keep each figure in a sentence that names its metric, and its category or team, in the words of the fact's name: close \
by, closer than any other metric or category. Do not tell several figures in a row after several names \
("respectively").
Say that something rose, fell, is unchanged, better or worse only of a fact that the sentence names, only as its \
direction or verdict says, never negated; say nothing so of all, most or other categories together, and speak of no \
majority or record.
Say of nothing that there is none of it (nor "no flags were labelled"; "is not known" may be said), and name no \
category that is not in the facts. A fact without a value cannot be told.
Plain sentences that end with a full stop: no lists, headings, links, quotations of instructions or markup.
Recommend no number of reviewers but one that the facts have. Where utilisation is low, late decisions have other \
causes than capacity: say so.
"""
AGAIN = "This draft cannot be used. Write all of it again, without these faults:\n"


class Failed(Exception):
    """Why there is no answer of the model, in words for a lead."""


class Malformed(Exception):
    """Why an answer is no draft, in words for the model."""


@dataclass
class Spent:
    """What asking took: requests with their ids, tokens, and seconds."""

    model: str
    attempts: int = 0
    request_ids: list[str] = field(default_factory=list)
    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0
    status: int | None = None

    def note(self, request_id: str | None, status: int | None) -> None:
        """One request, and how it was answered."""
        self.attempts, self.status = self.attempts + 1, status
        if request_id and PLAIN_ID.fullmatch(request_id):
            self.request_ids.append(request_id)

    def kept(self, settings: Settings) -> str:
        """As it is kept. Of a model without a price the cost is not known."""
        price = settings.summary_prices.get(self.model)
        cost = (self.tokens_in * price[0] + self.tokens_out * price[1]) / 1e6 if price else None
        told = {name: value for name, value in vars(self).items() if name != "status"}
        return json.dumps(told | {"seconds": round(self.seconds, 1), "cost": cost and round(cost, 6)})


def ask(facts: Facts, settings: Settings, spent: Spent, faults: Sequence[str] = ()) -> Draft:
    """A draft; `faults` are those of one before. `spent` is added to. Raises Failed, and Malformed for an answer that
    is not of the form that was asked for.
    """
    rows = json.dumps([row for fact in facts.known.values() if (row := told(fact))], ensure_ascii=False)
    content = rows + (f"\n\n{AGAIN}" + "\n".join(f"- {fault}" for fault in faults) if faults else "")
    messages: list[MessageParam] = [{"role": "user", "content": content}]
    return _draft(*_run(settings, spent, lambda client: _answer(client, settings, spent, messages)))


def check_model(settings: Settings) -> None:
    """Make sure that the key is accepted and the model known, by the least request. Raises Failed."""
    _run(settings, Spent(settings.summary_model), lambda client: client.models.retrieve(settings.summary_model))


def told(fact: Fact) -> dict[str, Any]:
    """What the model is told of a fact. Names of teams, and filters that may hold them, stay in the house: the text has
    placeholders for them.
    """
    row = {name: value for name, value in vars(fact).items() if name not in ("text", "metric", "query")}
    if ".team_" in fact.key:
        group = re.search(r"team_\d+", fact.key)
        row["name"] = f"{fact.key.partition('.')[0]}, {group[0] if group else 'team'}"
        if fact.key.endswith(".name"):
            del row["value"]
    if fact.key == "week.filters":
        del row["value"]
    if isinstance(fact.value, float):
        row["value"] = round(fact.value, 3)
    return {name: value for name, value in row.items() if value is not None and value is not False and value != ""}


async def _answer(
    client: anthropic.AsyncAnthropic, settings: Settings, spent: Spent, messages: list[MessageParam]
) -> tuple[str | None, str]:
    """Why an answer ended, and its words."""
    message = await _message(client, settings, messages)
    spent.tokens_in += message.usage.input_tokens
    spent.tokens_out += message.usage.output_tokens
    return message.stop_reason, "".join(block.text for block in message.content if block.type == "text")


async def _message(client: anthropic.AsyncAnthropic, settings: Settings, messages: list[MessageParam]) -> Message:
    """The answer. `messages.parse` would lose what an answer cost, and why it ended, where it is not of its form; the
    request is the same.
    """
    schema = anthropic.transform_schema(Draft)
    form: OutputConfigParam = {"format": {"type": "json_schema", "schema": schema}}
    model, most = settings.summary_model, settings.summary_tokens
    if not settings.summary_stream:
        return await client.messages.create(
            model=model, max_tokens=most, system=RULES, messages=messages, output_config=form
        )
    async with client.messages.stream(
        model=model, max_tokens=most, system=RULES, messages=messages, output_config=form
    ) as stream:
        return await stream.get_final_message()


def _run(settings: Settings, spent: Spent, work: Callable[[anthropic.AsyncAnthropic], Awaitable[T]]) -> T:
    """What work with a client gives, in the time that there is for all of its requests."""
    began = time.monotonic()
    try:
        with ThreadPoolExecutor(1) as alone:  # whoever asks may have an event loop running in this thread
            return alone.submit(lambda: asyncio.run(_within(settings, spent, work))).result()
    except Failed:
        raise
    except Exception as error:  # noqa: BLE001 - whatever goes wrong out there, the summary must still be made
        log.warning("the model gave no answer: %s", type(error).__name__)
        raise Failed(_reason(error, spent)) from None
    finally:
        spent.seconds += time.monotonic() - began


async def _within(settings: Settings, spent: Spent, work: Callable[[anthropic.AsyncAnthropic], Awaitable[T]]) -> T:
    seconds, key = settings.summary_timeout_seconds, settings.anthropic_api_key
    client = anthropic.AsyncAnthropic(
        api_key=key.get_secret_value() if key else "",
        base_url=settings.anthropic_base_url,
        timeout=seconds,
        max_retries=settings.summary_retries,
        middleware=[_counting(spent, time.monotonic() + seconds)],
    )
    async with asyncio.timeout(seconds), client:  # the client's own limit is that of each try
        return await work(client)


def _counting(spent: Spent, until: float) -> Callable[..., Awaitable[Any]]:
    """Notes each try, for those that fail are traced too, and gives up where the next would come too late."""

    async def note(request: Any, call_next: Callable[[Any], Awaitable[Any]]) -> Any:
        try:
            response = await call_next(request)
        except anthropic.APIConnectionError:
            spent.note(None, None)
            raise
        spent.note(response.headers.get("request-id"), response.status_code)
        if response.status_code in REASONS and _wait(response.headers) > until - time.monotonic():
            raise Failed(REASONS[response.status_code])
        return response

    return note


def _wait(headers: Mapping[str, str]) -> float:
    """Seconds that a service asks to wait."""
    try:
        return float(headers.get("retry-after", 0))
    except ValueError:
        return 0


def _draft(stop_reason: str | None, words: str) -> Draft:
    """The draft that an answer holds."""
    if stop_reason == "refusal":
        raise Failed("the model refused to answer")
    if stop_reason in ("max_tokens", "model_context_window_exceeded"):
        raise Failed("the model's answer was cut off: set SUMMARY_TOKENS higher")
    try:
        return Draft.model_validate_json(words)
    except ValidationError as error:
        known = Draft.model_fields
        faults = [f"{one['loc'][0]}: {one['msg']}" for one in error.errors() if one["loc"] and one["loc"][0] in known]
        raise Malformed("; ".join(faults) or "the answer is not the JSON that was asked for") from None


REASONS = {
    400: "the model's service did not accept the request",
    401: "the key was not accepted: check ANTHROPIC_API_KEY",
    403: "the key has no right to use the model",
    404: "the model is not known there: set SUMMARY_MODEL",
    429: "too many requests: the model's service asks to wait",
    529: "the model's service is overloaded",
}
IN_STREAM = {"rate_limit_error": 429, "overloaded_error": 529, "api_error": 500, "timeout_error": 504}
"""What a stream that began well may end with."""


def _reason(error: Exception, spent: Spent) -> str:
    """Why there is no answer, without a word of what the service or the library says."""
    status = None
    if isinstance(error, anthropic.APIStatusError):
        status = IN_STREAM.get(str(error.type)) if error.status_code < 400 else error.status_code
    elif isinstance(error, TimeoutError | anthropic.APITimeoutError):
        if (spent.status or 0) < 400:
            return "the model gave no answer in time: SUMMARY_TIMEOUT_SECONDS"
        status = spent.status  # the time was spent on trying again
    elif isinstance(error, anthropic.APIConnectionError | OSError):
        return "the model's service cannot be reached"
    if status in REASONS:
        return REASONS[status]
    return "the model's service is out of order" if status and status >= 500 else "the model gave no answer to be read"
