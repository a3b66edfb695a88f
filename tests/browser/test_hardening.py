"""What a browser refuses to do for a page, whatever somebody gets into it. That no page asks for anything that it would
have to refuse holds in every test of this folder: a screen fails its test when the console says so.
"""

from collections.abc import Iterator
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import expect

from dashapp.app import PAGES
from tests.browser.conftest import NewScreen
from tests.browser.screen import Screen
from tests.browser.serving import make_store, serving
from tests.hostile import BOLD, IMAGE, harmful

WRITE_A_SCRIPT = """() => {
    const script = document.createElement("script");
    script.textContent = "window.ran = true";
    document.body.append(script);
}"""
LOAD_FROM_ELSEWHERE = """() => new Promise((done) => {
    Object.assign(new Image(), { src: "https://elsewhere.example/pixel.png", onload: done, onerror: done });
})"""
READ_AS_SCRIPT = """() => new Promise((done) => setTimeout(() => {
    try { done(eval("1")); } catch (error) { done(error.name); }
}))"""
"""Within a timer, for what a test evaluates by itself may do so."""
POINT_AT_EVERYTHING = """() => {
    const graphs = [...document.querySelectorAll(".js-plotly-plot")];
    for (const graph of graphs) Plotly.Fx.hover(graph, [{ curveNumber: 0, pointNumber: 0 }]);
    for (const drop of document.querySelectorAll("details")) drop.open = true;
    return graphs.length;
}"""
ALIVE = """() => [...document.querySelectorAll("body *")].filter((one) => {
    const ways = ["href", "xlink:href", "src", "srcdoc", "action"].map((name) => one.getAttribute(name) ?? "");
    return one.matches("img, iframe, object, embed, .evil, [onerror], [onload], [onclick]")
        || ways.some((way) => /^\\s*(javascript:|data:text|https?:\\/\\/evil|\\/\\/)/i.test(way));
}).map((one) => one.outerHTML)"""
"""What stands in the page that a name was taken for."""


@pytest.mark.check(24)
def test_a_script_that_got_into_a_page_does_not_run_and_the_browser_says_so(screen: Screen) -> None:
    screen.open("/definitions")
    screen.page.evaluate(WRITE_A_SCRIPT)
    assert screen.page.evaluate("() => window.ran") is None
    assert ["violates" in trouble and "script-src" in trouble for trouble in screen.troubles] == [True]
    screen.troubles.clear()


@pytest.mark.check(23, 24)
def test_an_image_from_elsewhere_is_not_fetched_and_the_browser_says_so(screen: Screen) -> None:
    screen.open("/definitions")
    failed = list[str | None]()
    screen.page.on("requestfailed", lambda request: failed.append(request.failure))
    screen.page.evaluate(LOAD_FROM_ELSEWHERE)
    assert failed == ["csp"]
    assert any("violates" in trouble and "img-src" in trouble for trouble in screen.troubles)
    screen.troubles.clear()


@pytest.mark.check(24)
def test_text_that_a_page_has_is_not_turned_into_a_script(screen: Screen) -> None:
    screen.open("/definitions")
    assert screen.page.evaluate(READ_AS_SCRIPT) == "EvalError"
    screen.troubles.clear()


@pytest.mark.check(19)
def test_the_server_believes_nobody_who_says_that_a_proxy_spoke_tls(site: str) -> None:
    with urlopen(Request(f"{site}/", headers={"X-Forwarded-Proto": "https"})) as answer:
        assert f'content="{site}/"' in answer.read().decode()


@pytest.fixture(scope="module")
def hostile_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server over a store in which every text from outside means harm."""
    file = tmp_path_factory.mktemp("hostile") / "hostile.sqlite"
    with serving(make_store(file, lambda engine, settings, now: harmful(settings, engine, now))) as url:
        yield url


@pytest.mark.check(21, 22, 23, 24)
@pytest.mark.parametrize("path", [page.path for page in PAGES])
def test_what_means_harm_is_words_on_every_page(screen_of: NewScreen, hostile_site: str, path: str) -> None:
    screen = screen_of(hostile_site)
    for address in ("?id=1", "?by=region", "?by=media_type&board=creator"):
        screen.open(f"{path}{address}")
        screen.page.evaluate(POINT_AT_EVERYTHING)
        assert screen.page.evaluate(ALIVE) == []
        screen.page.locator(".tools > button").evaluate_all("(all) => all.forEach((one) => one.click())")
        assert screen.page.evaluate(ALIVE) == []


@pytest.mark.check(21)
def test_what_means_harm_can_be_read_in_charts_tables_and_menus(screen_of: NewScreen, hostile_site: str) -> None:
    screen = screen_of(hostile_site).open("/volume?by=category")
    card = screen.card("flags-totals-category")
    expect(card.locator(".ytick").first).to_contain_text('<img src="https://evil.example/x"')
    screen.turn("flags-totals-category")
    assert {row[0].startswith(IMAGE) for row in screen.table("flags-totals-category")[1:]} == {True}
    screen.page.locator("summary", has_text="more").click()
    expect(screen.page.locator(".pop.more")).to_contain_text(BOLD)
