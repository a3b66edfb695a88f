from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashapp.domain.ask import FIRST_DAY, LAST_DAY, STEPS, Ask, Grain, Window, to_filters
from dashapp.domain.view import MOST_DAYS, View
from dashapp.domain.vocabulary import CLOSED, NOT_GIVEN, Dim

AS_OF = date(2024, 3, 30)

text = st.text(min_size=1, max_size=20).filter(str.isprintable)
dates = st.dates(FIRST_DAY, LAST_DAY)
spans = st.tuples(dates, st.integers(0, MOST_DAYS - 1)).map(
    lambda pair: (pair[0], min(LAST_DAY, pair[0] + timedelta(days=pair[1])))
)


def values(dim: Dim) -> st.SearchStrategy[str]:
    return st.sampled_from([*CLOSED[dim], NOT_GIVEN]) if dim in CLOSED else text


filters = st.fixed_dictionaries({}, optional={dim: st.lists(values(dim), max_size=3) for dim in Dim}).map(to_filters)


@st.composite
def views(draw: st.DrawFn) -> View:
    since, until = draw(st.just((None, None)) | spans | st.tuples(st.none(), dates) | st.tuples(dates, st.none()))
    return View(
        draw(st.none() | st.integers(1, MOST_DAYS)),
        since,
        until,
        draw(st.none() | st.sampled_from([grain for grain in Grain if grain not in STEPS])),
        draw(st.none() | st.lists(st.sampled_from(Dim), max_size=2, unique=True).map(tuple)),
        draw(st.integers(1, 90)),
        draw(st.booleans()),
        draw(filters),
    )


@settings(max_examples=300, deadline=None, database=None)
@given(views())
def test_the_address_of_a_view_gives_the_view_back(view: View) -> None:
    again = View.parse(view.query())
    assert again == view
    assert again.problems == ()
    assert again.unknown == ()


@settings(max_examples=300, deadline=None, database=None)
@given(st.lists(st.tuples(st.sampled_from(["range", "since", "until", "grain", "by", "trailing", *Dim]), st.text())))
def test_no_address_breaks_a_view_and_every_view_has_a_window(pairs: list[tuple[str, str]]) -> None:
    view = View.parse("&".join(f"{key}={value}" for key, value in pairs))
    assert view.window(AS_OF).length <= MOST_DAYS
    assert View.parse(view.query()) == view


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("grain=5min", "grain: '5min' is shorter than a day"),
        ("grain=fortnight", "grain: 'fortnight' is not known"),
        ("since=2024-02-30", "since: '2024-02-30' is not a date such as 2024-03-30"),
        ("since=20240230", "since: '20240230' is not a date such as 2024-03-30"),
        ("until=9999-01-01", "until: '9999-01-01' is not a date such as 2024-03-30"),
        ("since=2024-03-02&until=2024-03-01", "until: 2024-03-01 is not within the 3660 days from since (2024-03-02)"),
        ("range=0d", "range: '0d' is not a number of days such as 30d, up to 3660d"),
        ("range=4000d", "range: '4000d' is not a number of days such as 30d, up to 3660d"),
        ("trailing=91d", "trailing: '91d' is more than 90d"),
        ("grain=day&grain=week", "grain: given 2 times"),
        ("by=colour", "by: 'colour' is not known"),
        ("by=region&by=team&by=label", "by: at most 2 dimensions"),
        ("compare=2019", "compare: '2019' is not \"previous\""),
        ("severity=huge", "severity: 'huge' is not one of low, medium, high, critical"),
        ("category=", "category: '' is not a printable value of 1 to 200 characters"),
        ("region=%00", "region: '\\x00' is not a printable value of 1 to 200 characters"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_key_value_and_reason(query: str, problem: str) -> None:
    assert View.parse(query).problems == (problem,)


def test_an_unknown_key_is_named_and_the_rest_is_read() -> None:
    view = View.parse("colour=red&category=spam")
    assert view.unknown == ("colour: not a known filter",)
    assert view.filters == ((Dim.CATEGORY, ("spam",)),)


def test_the_window_defaults_to_the_last_90_days() -> None:
    assert View.parse("").window(AS_OF) == Window(date(2024, 1, 1), AS_OF)
    assert View.parse("range=7d").window(AS_OF) == Window(date(2024, 3, 24), AS_OF)
    assert View.parse("range=7d&until=2024-03-01").window(AS_OF) == Window(date(2024, 2, 24), date(2024, 3, 1))
    assert View.parse("since=2024-03-30").window(AS_OF) == Window(AS_OF, AS_OF)


def test_the_address_overrules_the_callers_grain_and_split() -> None:
    ask = View.parse("grain=week&by=none").ask(AS_OF, grain=Grain.MONTH, by=(Dim.CATEGORY,))
    assert (ask.grain, ask.by) == (Grain.WEEK, ())
    ask = View.parse("").ask(AS_OF, grain=Grain.MONTH, by=(Dim.CATEGORY,))
    assert (ask.grain, ask.by) == (Grain.MONTH, (Dim.CATEGORY,))


def test_equal_questions_are_equal_however_they_are_written() -> None:
    one = View.parse("category=spam&severity=low&category=hate&category=spam").ask(AS_OF)
    other = View.parse("severity=low&category=hate&category=spam").ask(AS_OF)
    assert one == other
    assert one.chosen(Dim.CATEGORY) == ("hate", "spam")
    assert one.dims == {Dim.CATEGORY, Dim.SEVERITY}
    assert Ask(one.window).where(Dim.CATEGORY, ("spam", "hate")).where(Dim.SEVERITY, ("low",)) == one
