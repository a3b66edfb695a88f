"""What browsers really ask of callbacks, and what pipelines really send."""

from collections.abc import Mapping, Sequence
from typing import Any

from dashapp.app import PAGES
from dashapp.web.page import Page

SAID: Sequence[Mapping[str, Any]] = (
    {"do": "order", "week": "2024-W12", "filters": "category=spam", "at": 1},
    {"do": "comment", "week": "2024-W12", "version": "1", "comment": "so", "before": "", "address": "", "at": 2},
    {"do": "approve", "week": "2024-W12", "version": "1", "comment": "so", "before": "so", "at": 3},
)
NOTED: Sequence[Mapping[str, Any]] = (
    {"since": "2024-03-20", "until": "2024-03-21", "category": "spam", "text": "a rule was off", "at": 1},
    {"remove": "1", "at": 2},
)
ADDRESSES = ("", "range=30d", "category=spam&severity=high&by=category", "id=1", "week=2024-W12")
EVENTS: Sequence[Mapping[str, Any]] = (
    {
        "message_type": "ModerationReport",
        "id": "R1",
        "at": "2024-03-30T12:00:00Z",
        "media_type": "image",
        "event": "created",
        "violation": "sensitive",
        "report_id": "1",
    },
    {
        "message_type": "ModerationReport",
        "media_type": "audio",
        "event": "reviewed",
        "violation": "other",
        "report_id": "1",
        "decision_action": "rejected_reports",
        "decision_id": "D1",
    },
    {
        "message_type": "ModerationDecision",
        "id": "D1",
        "media_type": "image",
        "action": "marked_sensitive",
        "affected_records": 3,
        "automated": False,
    },
    {
        "message_type": "Flag",
        "id": "F1",
        "at": "2024-03-30T12:00:00+01:00",
        "category": "spam",
        "severity": "high",
        "routing": "human_review",
        "score": 0.7,
        "reviewer_id": "A",
        "target_created_at": "2024-03-01T00:00:00Z",
    },
    {"message_type": "FlagDecided", "flag_id": "F1", "label": "confirmed", "decision_id": "D2", "reviewer_id": "A"},
)


def callback_bodies(dependencies: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Bodies of the server's callbacks, made of what Dash tells browsers of these, on every page."""
    asked = [one for one in dependencies if one["clientside_function"] is None]
    told = [_told(page, turn) for turn, page in enumerate(PAGES)]
    return [_question(one, values) for one in asked for values in told if _names(one) <= values.keys()]


def _told(page: Page, turn: int) -> dict[str, Any]:
    """What the inputs of callbacks hold on a page, by `id.property`; at each turn something else."""
    address = ADDRESSES[turn % len(ADDRESSES)]
    deferred = [card.id for card in page.cards if card.deferred]
    return {
        "address.data": address,
        "refresh.n_intervals": turn,
        "page.data": page.path,
        "triage.data": {"number": "1", "state": "confirmed", "note": "a drill", "at": turn},
        "noting.data": NOTED[turn % len(NOTED)],
        "saying.data": SAID[turn % len(SAID)],
        "order.data": {"number": 1, "at": turn},
        "administer.data": {"do": "add", "name": f"user {turn}", "role": "viewer", "at": turn},
        "_pages_location.pathname": page.path,
        "_pages_location.search": f"?{address}" if address else "",
        **({"renew.data": deferred[0]} if deferred else {}),
    }


def _names(callback: Mapping[str, Any]) -> set[str]:
    return {f"{part['id']}.{part['property']}" for part in (*callback["inputs"], *callback["state"])}


def _question(callback: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    def filled(part: Mapping[str, str]) -> dict[str, Any]:
        return {**part, "value": values[f"{part['id']}.{part['property']}"]}

    names = callback["output"].strip(".").split("...")
    outputs = [dict(zip(("id", "property"), name.split(".", 1), strict=True)) for name in names]
    inputs = [filled(part) for part in callback["inputs"]]
    return {
        "output": callback["output"],
        "outputs": outputs if callback["output"].startswith("..") else outputs[0],
        "inputs": inputs,
        "changedPropIds": [f"{inputs[0]['id']}.{inputs[0]['property']}"],
        "state": [filled(part) for part in callback["state"]],
    }
