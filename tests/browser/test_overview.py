"""What a leader does with the overview, in a real browser against a real server."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect
from watching import Served, Watched

from analytics import metrics
from dashboard.pages.overview import CARDS

pytestmark = pytest.mark.browser

FIRST_LOAD_BYTES = 1_050_000
FIRST_LOAD_REQUESTS = 25


def figures(watched: Watched) -> dict[str, str]:
    """The figures the cards show, with every digit."""
    cards = watched.page.locator("[data-figure]")
    return {card.get_attribute("data-figure") or "": card.get_attribute("title") or "" for card in cards.all()}


def expected(served: Served, **question: str) -> dict[str, str]:
    """The same figures straight from the metrics."""
    catalogue = metrics.catalogue()
    answer = metrics.query(CARDS, version=served.version, **question)  # type: ignore[arg-type]
    return {row.id: metrics.exact_value(catalogue[row.id], row.value) for row in answer.rows}


def without_units(shown: dict[str, str]) -> dict[str, str]:
    return {metric: text.split(" ")[0] for metric, text in shown.items()}


@pytest.mark.parametrize(
    "question", [{"period": "2024"}, {"period": "2024Q3", "county": "610303"}, {"period": "2023H1"}]
)
def test_the_cards_show_what_the_metrics_answer(desk: Watched, served: Served, question: dict[str, str]) -> None:
    desk.open("/?" + "&".join(f"{name}={value}" for name, value in question.items()))
    assert without_units(figures(desk)) == expected(served, **question)
    assert desk.page.inner_text("#version") == served.version.id


def test_without_an_address_the_newest_year_with_data_is_shown(desk: Watched, served: Served) -> None:
    page = desk.open("/")
    assert without_units(figures(desk)) == expected(served, period="2024")
    expect(page.locator("h1")).to_contain_text("2024年")
    reaches = served.version.data_as_of
    assert reaches is not None
    expect(page.locator("#reaches")).to_have_text(f"{reaches.year}年{reaches.month}月{reaches.day}日")
    expect(page.locator("#headline")).to_contain_text("招聘会场次")


def test_from_a_card_to_the_rows_and_their_places(desk: Watched, served: Served) -> None:
    page = desk.open("/?period=2024&county=610303")
    page.locator(".card[data-metric=J02] .card-link").click()
    desk.go("/records?period=2024&county=610303&metric=J02")
    expect(page.locator("h1")).to_contain_text("提供岗位数明细")
    rows = metrics.records("J02", period="2024", county="610303", limit=25, version=served.version)
    assert page.locator(".rows tbody tr").count() == len(rows)
    first = page.locator(".rows tbody tr").first
    expect(first.locator(".origin")).to_contain_text(rows["file_name"].iloc[0])
    expect(first.locator(".origin")).to_contain_text(f"{rows['sheet'].iloc[0]} · 第 {rows['row'].iloc[0]} 行")
    expect(page.locator("#total")).to_have_text(f"{expected(served, period='2024', county='610303')['J02']} 个")
    expect(page.locator(".pager")).to_contain_text(f"共 {rows.attrs['total']} 行")


def test_rows_are_sorted_and_paged_by_the_server(desk: Watched, served: Served) -> None:
    page = desk.open("/records?period=2024&metric=J02&sort=-jobs_n")
    shown = page.locator('.rows tbody td[data-label^="提供岗位数"]').all_inner_texts()
    numbers = [int(text.replace(",", "")) for text in shown]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == 25
    page.locator(".pager a", has_text="下一页").click()
    desk.go("/records?period=2024&metric=J02&sort=-jobs_n&page=2")
    expect(page.locator(".pager")).to_contain_text("第 2 /")
    rest = metrics.records("J02", period="2024", sort="-jobs_n", offset=25, limit=25, version=served.version)
    expect(page.locator(".rows tbody tr").first.locator(".origin")).to_contain_text(rest["file_name"].iloc[0])


def test_the_same_address_gives_the_same_screen(desk: Watched) -> None:
    page = desk.open("/")
    page.locator("#pick-county").select_option(label="眉县")
    desk.go("/?county=610326")
    expect(page.locator("h1")).to_contain_text("眉县")
    page.locator(".segments a", has_text="上半年").click()
    desk.go("/?period=2024H1&county=610326")
    expect(page.locator("h1")).to_contain_text("上半年")
    page.locator(".chips a", has_text="参训人次").click()
    desk.go("/?period=2024H1&county=610326&focus=T02")
    expect(page.locator(".panel-trend h2")).to_contain_text("参训人次")
    before = page.inner_text("main")
    desk.open("/?period=2024H1&county=610326&focus=T02")
    assert page.inner_text("main") == before
    page.go_back()
    page.reload()
    page.wait_for_selector("#version")
    expect(page.locator("#pick-county option:checked")).to_have_text("眉县")


def test_a_county_is_chosen_in_the_ranking_and_cleared_by_a_second_click(desk: Watched, served: Served) -> None:
    page = desk.open("/?period=2024")
    page.locator(".ranking a", has_text="渭滨区").click()
    desk.go("/?period=2024&county=610302")
    expect(page.locator("h1")).to_contain_text("渭滨区")
    assert without_units(figures(desk)) == expected(served, period="2024", county="610302")
    page.locator(".ranking a[aria-current]").click()
    desk.go("/?period=2024")
    expect(page.locator("h1")).to_contain_text("全市")


def test_a_county_is_chosen_on_the_map(desk: Watched) -> None:
    page = desk.open("/?period=2024")
    name = page.locator(".chart-map text", has_text="太白县").first
    name.scroll_into_view_if_needed()
    box = name.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + 30
    page.mouse.move(x, y)
    expect(page.locator(".chart-map .hoverlayer")).to_contain_text("太白县")
    page.mouse.click(x, y)
    desk.go("/?period=2024&county=610331")


def test_a_month_of_the_trend_leads_to_its_rows(desk: Watched) -> None:
    page = desk.open("/?period=2024")
    bar = page.locator(".chart-trend .bars .point").nth(2)
    bar.scroll_into_view_if_needed()
    box = bar.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    expect(page.locator(".chart-trend .hoverlayer")).to_contain_text("实际")
    page.mouse.click(x, y)
    desk.go("/records?period=2024-03&metric=J01")


def test_behind_the_trend_stands_its_table_with_the_same_figures(desk: Watched, served: Served) -> None:
    page = desk.open("/?period=2024")
    page.locator(".panel-trend summary").click()
    cells = page.locator(".panel-trend .behind tbody tr td:nth-of-type(1)").all_inner_texts()
    points = metrics.trend("J01", period="2024", version=served.version)
    metric = metrics.catalogue()["J01"]
    assert cells == [f"{metrics.exact_value(metric, point.value)} 场" for point in points]


def test_the_overdue_list_is_the_figure_on_its_card(desk: Watched, served: Served) -> None:
    page = desk.open("/?period=2024")
    count = expected(served, period="2024")["R04"]
    expect(page.locator(".panel-overdue .button")).to_have_text(f"查看全部 {count} 项")
    days = [int(text) for text in page.locator(".overdue-days strong").all_inner_texts()]
    assert days == sorted(days, reverse=True)
    page.locator(".panel-overdue .button").click()
    expect(page.locator("#total")).to_have_text(f"{count} 项")
    expect(page.locator(".pager")).to_contain_text(f"共 {count} 行")


def test_a_period_without_data_says_what_to_do(desk: Watched) -> None:
    page = desk.open("/?period=2021")
    expect(page.locator(".empty")).to_contain_text("2021年还没有数据")
    expect(page.locator(".empty")).to_contain_text("taizhang ingest")


def test_an_address_that_makes_no_sense_still_shows_the_figures(desk: Watched) -> None:
    page = desk.open("/?period=后天&county=000000")
    expect(page.locator(".notice p")).to_have_count(2)
    assert page.locator("[data-figure]").count() == len(CARDS)


def test_the_definition_is_shown_on_focus(desk: Watched) -> None:
    page = desk.open("/?period=2024")
    page.locator(".card[data-metric=J01] .define").focus()
    expect(page.get_by_role("tooltip")).to_contain_text(metrics.catalogue()["J01"].definition)


def test_the_keyboard_reaches_the_content_first(desk: Watched) -> None:
    page = desk.open("/?period=2024")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_the_keyboard_stays_where_it_was_after_a_choice(desk: Watched) -> None:
    page = desk.open("/?period=2024")
    page.locator("#pick-county").focus()
    page.locator("#pick-county").select_option(label="眉县")
    expect(page.locator("h1")).to_contain_text("眉县")
    expect(page.locator("#pick-county")).to_be_focused()
    page.locator(".chips a", has_text="参训人次").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".panel-trend h2")).to_contain_text("参训人次")
    expect(page.locator(".chips a", has_text="参训人次")).to_be_focused()


def test_the_overdue_rows_tell_their_days(desk: Watched) -> None:
    page = desk.open("/records?period=2024&metric=R04&sort=-days_overdue")
    days = [int(text) for text in page.locator('.rows tbody td[data-label="超期天数"]').all_inner_texts()]
    assert days
    assert days == sorted(days, reverse=True)


def test_dark_stays_dark(desk: Watched) -> None:
    page = desk.open("/?period=2024")
    scheme = "document.documentElement.getAttribute('data-mantine-color-scheme')"
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator(".scheme").click()
    assert page.evaluate(scheme) == "dark"
    page.reload()
    page.wait_for_selector("#version")
    assert page.evaluate(scheme) == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light


def test_paper_shows_figures_and_no_controls(desk: Watched) -> None:
    page = desk.open("/?period=2024")
    page.emulate_media(media="print")
    expect(page.locator(".ask")).to_be_hidden()
    expect(page.locator("[data-figure=J01]")).to_be_visible()


@pytest.mark.parametrize(
    "path", ["/?period=2024", "/records?period=2024&metric=J02", "/records?period=2024&metric=R04"]
)
def test_nothing_is_wider_than_a_phone(phone: Watched, path: str) -> None:
    page = phone.open(path)
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    lefts = {round(card.bounding_box()["x"]) for card in page.locator(".card").all()}  # type: ignore[index]
    assert len(lefts) <= 1, "one column"
    panels = {round(panel.bounding_box()["x"]) for panel in page.locator(".panel").all()}  # type: ignore[index]
    assert len(panels) == 1


def test_the_first_load_is_light_and_stays_here(
    desk: Watched, served: Served, record_property: pytest.RecordProperty, capsys: pytest.CaptureFixture[str]
) -> None:
    page = desk.open("/")
    expect(page.locator(".chart-map .main-svg").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    size = sum(request.sizes()["responseBodySize"] for request in desk.requests)
    with capsys.disabled():
        sys.stdout.write(f"\nfirst load: {size:,} bytes compressed, {len(desk.requests)} requests\n")
    record_property("first_load_bytes", size)
    record_property("first_load_requests", len(desk.requests))
    assert size <= FIRST_LOAD_BYTES
    assert len(desk.requests) <= FIRST_LOAD_REQUESTS


KEPT = "name => [...document.querySelectorAll(name)].map(one => Boolean(one.marked))"


def test_a_choice_asks_once_and_paints_only_what_it_changes(desk: Watched) -> None:
    page = desk.open("/?period=2024")
    page.wait_for_load_state("networkidle")
    expect(page.locator(".chart-map .main-svg").first).to_be_visible()

    def choose(choice: Callable[[], object], seen: str) -> None:
        page.evaluate("document.querySelectorAll('main *').forEach(one => { one.marked = true })")
        before = len(desk.requests)
        choice()
        expect(page.locator("main")).to_contain_text(seen)
        page.wait_for_timeout(600)
        asked = [request.url for request in desk.requests[before:] if not request.url.endswith("favicon.svg")]
        assert len(asked) == 1

    chip = page.locator(".chips a", has_text="参训人次")
    chip.scroll_into_view_if_needed()
    page.mouse.wheel(0, 120)
    page.wait_for_timeout(300)
    top = page.evaluate("scrollY")
    assert top
    choose(chip.click, "2024年走势 · 参训人次")
    # Another metric in focus: the cards, the overdue list and the targets stay, the charts keep their places.
    assert page.evaluate("scrollY") == top
    for same in (".card *", ".headline *", ".panel-overdue *", ".panel-targets *", ".js-plotly-plot", ".segments"):
        assert all(page.evaluate(KEPT, same)), same
    assert not any(page.evaluate(KEPT, ".panel-ranking td"))
    choose(lambda: page.locator("#pick-county").select_option(label="陇县"), "县区：陇县")
    for same in (".card", ".panel", ".js-plotly-plot"):
        assert all(page.evaluate(KEPT, same)), same


WORDS = """() => [document.title, ...[...document.querySelectorAll("main *, #pages a")]
    .filter(one => !one.closest(".js-plotly-plot"))
    .map(one => [one.tagName, one.className, one.getAttribute("href"), one.title, one.style.cssText,
                 ...[...one.childNodes].filter(node => node.nodeType === 3).map(node => node.data)].join("|")),
    ...[...document.querySelectorAll(".js-plotly-plot")].map(chart => JSON.stringify(chart.data.map(
        one => [one.type, one.x, one.y, one.z, one.name, one.customdata, one.fillcolor])))]"""


def test_however_one_came_to_a_screen_it_is_the_same_screen(desk: Watched) -> None:
    """Clicks faster than answers, other pages, the browser's own way back: nothing of another screen is left."""
    page = desk.open("/?period=2024")
    ways = [
        ["/?period=2023", "/fairs?period=2023", "/?period=2024Q3&county=610303&focus=T02"],
        ["/fairs?period=2024&county=610326", "/fairs?period=2024H1"],
        ["/records?period=2024&metric=J02", "back"],
        ["/?period=1999", "/training?period=2024", "/quality?period=2024", "/?period=2024&focus=R01"],
    ]
    for way in ways:
        for step in way:
            page.evaluate("step => step === 'back' ? history.back() : window.taizhang.go(step)", step)
            page.wait_for_timeout(40)
        page.wait_for_load_state("networkidle")
        page.wait_for_function("() => window.taizhang.settled()")
        walked, address = page.evaluate(WORDS), page.url
        page.goto(address)
        page.wait_for_selector("#version")
        page.wait_for_load_state("networkidle")
        page.wait_for_function("() => window.taizhang.settled()")
        assert page.evaluate(WORDS) == walked, address


def test_a_choice_made_while_an_answer_is_on_its_way_is_answered_whole(desk: Watched) -> None:
    """What was read of the document for it is no longer there when its answer comes: nothing has to be mended then."""
    page = desk.open("/?period=2024")
    page.wait_for_function("() => window.taizhang.settled()")
    page.evaluate(
        """() => {
          const read = Response.prototype.json;
          Response.prototype.json = function () {
            window.onItsWay = true;
            return new Promise(done => setTimeout(done, 300)).then(() => read.call(this));
          };
        }"""
    )
    for first, then in (("/?period=2023", "/?period=2024"), ("/fairs?period=2023", "/?period=2024Q3")):
        page.evaluate("step => { window.onItsWay = false; window.taizhang.go(step) }", first)
        page.wait_for_function("() => window.onItsWay")
        page.evaluate("step => window.taizhang.go(step)", then)
        desk.go(then)
        page.wait_for_function("() => window.taizhang.settled()")


@pytest.mark.parametrize(("screen", "name"), [("desk", "overview-1440"), ("phone", "overview-390")])
def test_the_pictures_of_the_readme(request: pytest.FixtureRequest, pictures: Path, screen: str, name: str) -> None:
    watched: Watched = request.getfixturevalue(screen)
    page = watched.open("/?period=2024")
    expect(page.locator(".chart-map .main-svg").first).to_be_visible()
    page.wait_for_timeout(500)
    path = pictures / f"{name}.png"
    page.screenshot(path=path, full_page=screen == "desk")
    assert path.stat().st_size > 20_000
