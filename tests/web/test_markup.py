"""Components as the HTML that the browser is given: what comes from outside is text in it."""

from dash import dcc, html
from markupsafe import Markup

from dashapp.web.markup import markup


def test_text_is_escaped_in_elements_and_in_attributes() -> None:
    made = html.P(["<b>", html.Span("&", title='"><script>')], className="quiet")
    assert markup(made) == '<p class="quiet" >&lt;b&gt;<span title="&#34;&gt;&lt;script&gt;" >&amp;</span></p>'


def test_html_that_is_marked_as_such_stays_as_it_is() -> None:
    assert markup(html.Tr([Markup("<td>{}</td>").format("<"), html.Td(5)])) == "<tr ><td>&lt;</td><td >5</td></tr>"


def test_a_link_stays_in_the_app_and_keeps_its_query() -> None:
    assert markup(dcc.Link("Queue", href="/queue?a=1&b=2")) == '<a href="/queue?a=1&amp;b=2" data-inner>Queue</a>'


def test_styles_are_written_as_declarations() -> None:
    made = html.I(style={"background": "var(--x)", "WebkitMaskImage": 'url("a")'})
    assert markup(made) == '<i style="background:var(--x);-webkit-mask-image:url(&#34;a&#34;)" ></i>'


def test_what_is_not_given_is_left_out() -> None:
    assert markup([None, "a", html.Div(tabIndex=0, title=None, **{"aria-label": "b"})]) == (
        'a<div tabindex="0" aria-label="b" ></div>'
    )
