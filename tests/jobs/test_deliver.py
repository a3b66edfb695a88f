import smtplib
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from dashapp.domain.messages import FlagRow
from dashapp.jobs.runner import Job
from dashapp.jobs.tasks import jobs_of
from dashapp.settings import Settings
from dashapp.store import writes
from dashapp.store.deliveries import deliveries_of
from dashapp.store.rollup import rollup
from dashapp.store.summaries import approve, comment, get_summary, supersede
from dashapp.summary.sending import Round, is_needed
from dashapp.summary.weekly import Order, summarise, summarise_slot
from tests.flagged import a_flag_a_day
from tests.jobs.conftest import Time, turn
from tests.jobs.test_runner import Make
from tests.notify.stubs import Mails, Posts

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SLOT = datetime(2024, 4, 1, 6, tzinfo=UTC)
"""When the summary of 25 to 31 March 2024 is due."""
WEEK = "2024-W13"

pytestmark = pytest.mark.usefixtures("no_waiting")

Deliver = Callable[..., dict[str, int]]


@pytest.fixture
def sending(settings: Settings, mails: Mails, posts: Posts) -> Settings:
    """Settings with two recipients by mail and a webhook."""
    given: dict[str, Any] = {
        "smtp_url": f"smtp://127.0.0.1:{mails.port}",
        "smtp_from": "Watchfloor <watchfloor@example.org>",
        "summary_recipients": "lead@example.org,ops@example.org",
        "slack_webhook_url": posts.url,
        "allow_private_webhooks": True,
        "public_url": "https://watch.example.org/",
        "lease_seconds": settings.lease_seconds,
    }
    return Settings(_env_file=None, database_url=settings.database_url, time_zone="UTC", **given)


@pytest.fixture
def data(writer: Engine, settings: Settings) -> None:
    """A flag on every day of March 2024."""
    days = [date(2024, 3, 1) + place * DAY for place in range(31)]
    a_flag_a_day(writer, settings, days)


@pytest.fixture
def made(data: None, reader: Engine, writer: Engine, sending: Settings) -> None:
    """The job has made the summary of the week."""
    assert summarise_slot(reader, writer, sending, SLOT, SLOT) == 1


@pytest.fixture
def deliver(reader: Engine, writer: Engine, sending: Settings) -> Deliver:
    """Does one round so many hours after the summary was due."""

    def work(hours: float, slot: datetime = SLOT, **changes: Any) -> dict[str, int]:
        settings, now = sending.model_copy(update=changes), SLOT + hours * HOUR
        with reader.connect() as connection:
            needed = is_needed(connection, settings, now, slot)
        counts = Round(reader, writer, settings, now).deliver(slot)
        assert needed is any(counts.values())
        return counts

    return work


@pytest.fixture
def edit(writer: Engine) -> Callable[..., None]:
    """Approves a version so many hours after the summary was due, with words beside it where some are given."""

    def change(version: int, hours: float, words: str | None = None) -> None:
        now = SLOT + hours * HOUR
        with writer.begin() as connection:
            kept = get_summary(connection, WEEK, version)
            assert kept
            if words:
                comment(connection, kept, words, "page", now)
            approve(connection, kept, "page", now)

    return change


@pytest.fixture
def again(reader: Engine, writer: Engine, sending: Settings) -> Callable[[], int]:
    """Makes the week's summary again on demand, which says something new for it is about one more day."""

    def make() -> int:
        days = [date(2024, 2, 20)]
        row = FlagRow.model_validate({"flag_id": "more", "flagged_day": date(2024, 3, 28), **CASE})
        with writer.begin() as connection:
            writes.put_flags(connection, [writes.flag_row("ops", row, sending.zone)])
            writes.put_coverage(connection, "ops", days)
            rollup(connection, sending.sla)
        return summarise(reader, writer, sending, SLOT + HOUR, Order(WEEK, by="page")).version

    return make


CASE = {"category": "fraud", "severity": "low", "routing": "allow"}
NOTHING = {"sent": 0, "failed": 0}


@pytest.mark.usefixtures("made")
def test_it_waits_for_an_approval_for_hours_and_then_goes_to_each_once_as_it_is(
    deliver: Deliver, mails: Mails, posts: Posts
) -> None:
    assert deliver(3.9) == NOTHING
    assert deliver(4) == {"sent": 3, "failed": 0}
    assert (sorted(mails.recipients), posts.tried) == (["lead@example.org", "ops@example.org"], 1)
    assert {mail["Subject"] for mail in mails.seen} == {"Week 2024-W13: 25 Mar to 31 Mar 2024 (not approved)"}
    assert deliver(5) == NOTHING


@pytest.mark.check(21)
@pytest.mark.usefixtures("made")
def test_an_approved_one_goes_at_once_with_the_comment_and_is_not_sent_again(
    deliver: Deliver, edit: Callable[..., None], mails: Mails, posts: Posts
) -> None:
    edit(1, 0.5, "Quiet, but look at <b>fraud</b>.")
    assert deliver(0.6) == {"sent": 3, "failed": 0}
    assert deliver(5) == NOTHING
    mail = mails.seen[0]
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain
    assert html
    assert mail["Subject"] == "Week 2024-W13: 25 Mar to 31 Mar 2024"
    assert "> Quiet, but look at <b>fraud</b>." in plain.get_content()
    assert plain.get_content().rstrip().endswith("https://watch.example.org/summary?week=2024-W13&version=1")
    assert "look at &lt;b&gt;fraud&lt;/b&gt;." in html.get_content()
    assert len(html.get_content()) < 100_000
    [file] = mail.iter_attachments()
    assert (file.get_filename(), file.get_content()[:5]) == ("summary-2024-W13.pdf", b"%PDF-")
    texts = [block["text"]["text"] for block in posts.seen[0]["blocks"] if "text" in block]
    assert texts[2] == "*Comment*\nQuiet, but look at &lt;b&gt;fraud&lt;/b&gt;."
    assert texts[3].startswith("*Top risks*\n")


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize(("hours", "sent"), [(0, 3), (None, 0)], ids=["at once", "never"])
def test_one_that_nobody_approves_goes_when_the_settings_say_so(
    deliver: Deliver, hours: float | None, sent: int
) -> None:
    assert deliver(100, summary_approval_hours=hours) == {"sent": sent, "failed": 0}


@pytest.mark.usefixtures("made")
def test_an_approved_newer_version_takes_the_place_of_the_jobs(
    deliver: Deliver, again: Callable[[], int], edit: Callable[..., None], writer: Engine, mails: Mails
) -> None:
    assert again() == 2
    edit(2, 2)
    assert deliver(2.1) == {"sent": 3, "failed": 0}
    assert deliver(5) == NOTHING
    with writer.connect() as connection:
        assert [len(deliveries_of(connection, WEEK, version)) for version in (1, 2)] == [0, 3]
    assert mails.seen[0]["Subject"] == "Week 2024-W13: 25 Mar to 31 Mar 2024"


@pytest.mark.usefixtures("made")
def test_a_newer_version_that_nobody_approved_is_not_sent_in_its_place(
    deliver: Deliver, again: Callable[[], int], writer: Engine
) -> None:
    assert again() == 2
    assert deliver(5) == {"sent": 3, "failed": 0}
    with writer.connect() as connection:
        assert [len(deliveries_of(connection, WEEK, version)) for version in (1, 2)] == [3, 0]


@pytest.mark.usefixtures("made")
def test_one_that_later_data_have_superseded_gives_way_to_a_newer_version_and_is_not_sent_alone(
    deliver: Deliver, again: Callable[[], int], writer: Engine
) -> None:
    with writer.begin() as connection:
        kept = get_summary(connection, WEEK, 1)
        assert kept
        supersede(connection, kept, ["volume"], SLOT + HOUR)
    assert deliver(5) == NOTHING
    assert again() == 2
    assert deliver(5) == {"sent": 3, "failed": 0}
    with writer.connect() as connection:
        assert [len(deliveries_of(connection, WEEK, version)) for version in (1, 2)] == [0, 3]


@pytest.mark.usefixtures("made")
def test_after_one_was_sent_only_a_newer_version_that_is_approved_is_as_a_correction(
    deliver: Deliver, again: Callable[[], int], edit: Callable[..., None], mails: Mails
) -> None:
    edit(1, 4)
    deliver(5)
    edit(1, 6)
    assert deliver(7) == NOTHING
    again()
    assert deliver(7) == NOTHING
    edit(2, 8)
    assert deliver(8) == {"sent": 3, "failed": 0}
    assert mails.seen[-1]["Subject"] == "Corrected: Week 2024-W13: 25 Mar to 31 Mar 2024"
    assert len({mail["Message-ID"] for mail in mails.seen}) == 4


@pytest.mark.usefixtures("made")
def test_what_is_approved_after_it_went_out_goes_again_as_it_was_approved(
    deliver: Deliver, edit: Callable[..., None], mails: Mails
) -> None:
    deliver(4)
    edit(1, 5, "Look at fraud.")
    assert deliver(5) == {"sent": 3, "failed": 0}
    edit(1, 6, "Look at spam.")
    assert deliver(6) == {"sent": 3, "failed": 0}
    assert deliver(7) == NOTHING
    title = "Week 2024-W13: 25 Mar to 31 Mar 2024"
    assert [mail["Subject"] for mail in mails.seen[::2]] == [
        f"{title} (not approved)",
        f"Corrected: {title}",
        f"Corrected: {title}",
    ]
    texts = [body.get_content() for mail in mails.seen[::2] if (body := mail.get_body(("plain",)))]
    assert ["> Look at fraud." in text for text in texts] == [False, True, False]
    assert ["> Look at spam." in text for text in texts] == [False, False, True]
    assert len({mail["Message-ID"] for mail in mails.seen}) == 6


@pytest.mark.usefixtures("made")
def test_what_was_approved_more_than_a_week_ago_is_not_sent_when_recipients_are_set(
    deliver: Deliver, edit: Callable[..., None]
) -> None:
    edit(1, 1)
    assert deliver(8 * 24, SLOT + 7 * DAY) == NOTHING


@pytest.mark.usefixtures("data")
def test_one_that_was_made_by_hand_after_its_slot_is_sent_as_the_jobs_would_be(
    deliver: Deliver, reader: Engine, writer: Engine, sending: Settings
) -> None:
    summarise(reader, writer, sending, SLOT - HOUR, Order(WEEK, filters="category=spam"))
    summarise(reader, writer, sending, SLOT + HOUR, Order(WEEK))
    assert summarise_slot(reader, writer, sending, SLOT + 2 * HOUR, SLOT) == 0
    assert deliver(4.9) == NOTHING
    assert deliver(5) == {"sent": 3, "failed": 0}


@pytest.mark.usefixtures("data")
def test_one_under_filters_is_never_sent(
    deliver: Deliver, edit: Callable[..., None], reader: Engine, writer: Engine, sending: Settings
) -> None:
    summarise(reader, writer, sending, SLOT + HOUR, Order(WEEK, filters="category=spam"))
    edit(1, 2)
    assert deliver(50) == NOTHING


@pytest.mark.usefixtures("made")
def test_what_fails_is_tried_again_and_what_was_sent_is_not(
    deliver: Deliver, mails: Mails, posts: Posts, writer: Engine
) -> None:
    mails.recipient_answers = ["550 words of the server"]
    posts.answers = [(503, {})] * 3
    assert deliver(4) == {"sent": 1, "failed": 2}
    with writer.connect() as connection:
        told = [(one.channel, one.attempts, one.given_up, one.error) for one in deliveries_of(connection, WEEK, 1)]
    assert told == [
        ("mail", 1, True, "the mail server did not take the recipient (550)"),
        ("mail", 1, False, None),
        ("slack", 1, False, "the webhook did not take the message (503)"),
    ]
    assert deliver(4 + 0.9 / 60) == NOTHING
    assert deliver(4 + 1 / 60) == {"sent": 1, "failed": 0}
    assert (len(mails.seen), len(posts.seen)) == (1, 1)


@pytest.mark.usefixtures("made")
def test_a_fault_that_nobody_foresaw_ends_one_delivery_and_not_the_round(
    deliver: Deliver, writer: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: Any, **__: Any) -> None:
        raise ValueError("lead@example.org")

    monkeypatch.setattr(smtplib, "SMTP", breaks)
    assert deliver(4) == {"sent": 1, "failed": 2}
    with writer.connect() as connection:
        mail, *_, slack = deliveries_of(connection, WEEK, 1)
    assert (mail.error, mail.given_up) == ("something went wrong that nobody foresaw (ValueError)", False)
    assert slack.sent_at == SLOT + 4 * HOUR


@pytest.mark.usefixtures("made")
def test_what_was_not_sent_yet_is_kept_back_when_the_approval_ends_and_goes_when_it_is_given_again(
    deliver: Deliver, edit: Callable[..., None], reader: Engine, writer: Engine, sending: Settings, mails: Mails
) -> None:
    mails.answers = ["451 busy"] * 6
    edit(1, 0)
    assert deliver(0, slack_webhook_url=None) == {"sent": 0, "failed": 2}
    with writer.begin() as connection:
        kept = get_summary(connection, WEEK, 1)
        assert kept
        comment(connection, kept, "Not so fast.", "page", SLOT + HOUR)
    assert Round(reader, writer, sending, SLOT + HOUR).deliver(SLOT) == NOTHING
    edit(1, 2)
    assert deliver(2) == {"sent": 3, "failed": 0}
    plain = mails.seen[0].get_body(("plain",))
    assert plain
    assert "> Not so fast." in plain.get_content()


@pytest.mark.usefixtures("made")
def test_a_wait_begins_when_the_attempt_fails_and_not_with_its_round(
    reader: Engine, writer: Engine, sending: Settings, posts: Posts
) -> None:
    posts.answers = [(503, {})] * 3
    now, late = SLOT + 4 * HOUR, SLOT + 5 * HOUR
    counts = Round(reader, writer, sending, now, clock=lambda _: late).deliver(SLOT)
    assert counts == {"sent": 2, "failed": 1}
    with writer.connect() as connection:
        mail, *_, slack = deliveries_of(connection, WEEK, 1)
    assert (mail.sent_at, slack.due_at) == (late, late + timedelta(minutes=1))


@pytest.mark.usefixtures("made")
def test_a_recipient_who_was_taken_off_the_list_gets_nothing_more(
    deliver: Deliver, posts: Posts, writer: Engine
) -> None:
    posts.answers = [(503, {})] * 3
    deliver(4)
    assert deliver(5, slack_webhook_url=None) == {"sent": 0, "failed": 1}
    with writer.connect() as connection:
        *_, slack = deliveries_of(connection, WEEK, 1)
    assert (slack.given_up, slack.error) == (True, "the settings do not name this recipient any more")


@pytest.mark.usefixtures("made")
def test_of_two_processes_one_sends_what_is_left(
    runner_of: Make, settings: Settings, sending: Settings, deliver: Deliver, mails: Mails, posts: Posts, time: Time
) -> None:
    """The time is noon of Monday 1 April 2024."""
    mails.answers = ["451 busy"] * 6
    deliver(5)
    assert [job.name for job in jobs_of(settings) if job.name == "deliver"] == []
    jobs: list[Job] = [job for job in jobs_of(sending) if job.name == "deliver"]
    one, two = runner_of(jobs), runner_of(jobs, "two:2")
    one.settings = two.settings = sending
    runs = []
    for _ in range(3):
        runs += [turn(one), turn(two)]
        time.passes(30)
    assert runs == [1, 0, 0, 0, 0, 0]
    assert (sorted(mails.recipients), posts.tried) == (["lead@example.org", "ops@example.org"], 1)


@pytest.mark.usefixtures("made")
def test_an_approval_that_is_taken_back_ends_a_round_that_is_under_way(
    reader: Engine, writer: Engine, sending: Settings, edit: Callable[..., None], deliver: Deliver, mails: Mails
) -> None:
    edit(1, 0)
    turns: list[int] = []

    def meanwhile() -> None:
        turns.append(1)
        if len(turns) == 2:
            with writer.begin() as connection:
                kept = get_summary(connection, WEEK, 1)
                assert kept
                comment(connection, kept, "Not so fast.", "page", SLOT + HOUR)

    assert Round(reader, writer, sending, SLOT + HOUR, meanwhile).deliver(SLOT) == {"sent": 1, "failed": 0}
    assert mails.recipients == ["lead@example.org"]
    assert deliver(1) == NOTHING
    edit(1, 2)
    assert deliver(2) == {"sent": 3, "failed": 0}


@pytest.mark.usefixtures("made")
def test_two_rounds_at_once_send_once(reader: Engine, writer: Engine, sending: Settings, mails: Mails) -> None:
    """As where a process was taken for lost that was only slow: the other begins while this one is at its first."""
    now = SLOT + 5 * HOUR
    others: list[dict[str, int]] = []

    def meanwhile() -> None:
        if not others:
            others.append(NOTHING)
            others.append(Round(reader, writer, sending, now).deliver(SLOT))

    assert Round(reader, writer, sending, now, meanwhile).deliver(SLOT) == NOTHING
    assert others[-1] == {"sent": 3, "failed": 0}
    assert len(mails.seen) == 2
