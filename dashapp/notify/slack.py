"""Messages as Slack shows them."""

from typing import Any

from dashapp.notify.message import Message, Part

MOST_TITLE = 150
MOST_TEXT = 3000
MOST_PARTS = 40
"""Slack's limits: of a header, of a section, and, of 50, the blocks that we use for parts."""
ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def payload(message: Message) -> dict[str, Any]:
    """The message in blocks, and as text for notifications. Nobody is mentioned and nothing is linked but our page."""
    title = {"type": "plain_text", "text": _cut(message.subject, MOST_TITLE), "emoji": False}
    blocks: list[dict[str, Any]] = [{"type": "header", "text": title}]
    blocks += [_section(part) for part in message.parts[:MOST_PARTS]]
    if message.link:
        blocks.append({"type": "context", "elements": [_words(f"<{_escaped(message.link)}|Open the summary>")]})
    return {"text": _escaped(_cut(message.subject, MOST_TITLE)), "blocks": blocks}


def _section(part: Part) -> dict[str, Any]:
    return {"type": "section", "text": _words(_fitting(f"*{_escaped(part.heading)}*\n", part.text))}


def _words(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _fitting(begin: str, text: str) -> str:
    """The text escaped behind its beginning, cut where it would be longer than Slack takes."""
    left = MOST_TEXT - len(begin)
    escaped = [ESCAPED.get(char, char) for char in text]
    if sum(map(len, escaped)) <= left:
        return begin + "".join(escaped)
    kept = ""
    for char in escaped:
        if len(kept) + len(char) >= left:
            break
        kept += char
    return f"{begin}{kept}…"


def _escaped(text: str) -> str:
    return "".join(ESCAPED.get(char, char) for char in text)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
