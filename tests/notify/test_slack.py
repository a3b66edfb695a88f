import pytest

from dashapp.notify.message import Message, Part
from dashapp.notify.slack import payload

pytestmark = pytest.mark.usefixtures("no_waiting")


def test_a_message_is_a_title_its_parts_and_a_link() -> None:
    message = Message(
        "Week 2024-W12", "", parts=(Part("Top risks", "• Spam rose."),), link="https://w.example.org/?a=1&b=2"
    )
    assert payload(message) == {
        "text": "Week 2024-W12",
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": "Week 2024-W12", "emoji": False}},
            {"type": "section", "text": {"type": "mrkdwn", "text": "*Top risks*\n• Spam rose.", "verbatim": True}},
            {
                "type": "context",
                "elements": [
                    {
                        "type": "mrkdwn",
                        "text": "<https://w.example.org/?a=1&amp;b=2|Open the summary>",
                        "verbatim": True,
                    }
                ],
            },
        ],
    }


@pytest.mark.check(21, 23)
def test_words_from_outside_mention_nobody_and_link_nowhere() -> None:
    harm = "<!channel> <https://example.org|click> & <@U1>"
    told = payload(Message(harm, "", parts=(Part(harm, harm),)))
    safe = "&lt;!channel&gt; &lt;https://example.org|click&gt; &amp; &lt;@U1&gt;"
    assert told["text"] == safe
    assert told["blocks"][1]["text"]["text"] == f"*{safe}*\n{safe}"
    assert told["blocks"][0]["text"] == {"type": "plain_text", "text": harm, "emoji": False}


def test_nothing_is_longer_than_slack_takes_and_no_entity_is_cut_in_two() -> None:
    told = payload(
        Message("t" * 400, "", parts=tuple(Part("h", "&" * 4000) for _ in range(60)), link="https://w.example.org")
    )
    title, *parts, _link = told["blocks"]
    assert len(told["blocks"]) <= 50
    assert title["text"]["text"] == "t" * 149 + "…"
    texts = {part["text"]["text"] for part in parts}
    assert texts == {"*h*\n" + "&amp;" * 599 + "…"}
    assert max(map(len, texts)) == 3000
