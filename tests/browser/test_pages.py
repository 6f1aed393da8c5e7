"""Every page of the dashboard in a real browser: what it shows, who may see it, and whether everyone can use it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from watching import Served, Watched

from analytics import metrics
from analytics.operations.people import VISITOR, Person
from analytics.settings import Settings
from dashboard.app import _screen
from dashboard.pages import PAGES
from dashboard.repaint import Painted
from dashboard.source import Source

pytestmark = pytest.mark.browser

SHOWN = [page for page in PAGES if page.listed and page.opens_to(VISITOR)]
INSPECTOR = Person(id="1", login="jijian", name="纪检", roles=frozenset({"leader"}), discipline=True)
GOOD = "一句好记又够长的话，只有我知道"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def complaints(page: Page) -> list[str]:
    """What axe finds wrong with the page as it stands, by rule and place."""
    found = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]}).response["violations"]
    return [f"{one['impact']} {one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


def written(painted: Painted) -> Any:
    """What is in a painted part of a screen, as the browser gets it."""
    return json.loads(painted.text(painted.root))


def words_of(component: Any) -> str:
    """All words of a component, as the browser gets it."""
    if component is None or isinstance(component, str | int | float):
        return str(component or "")
    if isinstance(component, list):
        return "".join(words_of(part) for part in component)
    return words_of(component["props"].get("children"))


@pytest.mark.parametrize("path", [page.path for page in SHOWN] + ["/records?metric=J02", "/nowhere", "/integrity"])
def test_everyone_can_use_a_page_on_a_desk_and_on_a_phone_light_and_dark(
    desk: Watched, pictures: Any, path: str
) -> None:
    """One load a page: a paint in dark and a phone's width change nothing that is asked of the server."""
    page = desk.page
    page.goto(desk.address + path)
    page.wait_for_selector("main h1")
    page.wait_for_load_state("networkidle")
    usable(page, path)
    # An address that does not open, or is not there, is said in the browser's console too.
    desk.complaints[:] = [said for said in desk.complaints if "status of 40" not in said]


def usable(page: Page, where: str) -> None:
    """Hold a page to the rules on a desk in light and on a phone in the dark."""
    for width, name in ((1440, "light"), (390, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate(f"document.documentElement.setAttribute('data-mantine-color-scheme', '{name}')")
        assert complaints(page) == [], f"{where}: {name}, {width} pixels"
        # A chart follows the window a moment later.
        for _ in range(50):
            if page.evaluate("document.documentElement.scrollWidth") <= width:
                break
            page.wait_for_timeout(100)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, where


def test_everyone_can_come_in_and_use_the_pages_of_the_roles(desk: Watched, password: str) -> None:
    page = desk.page
    page.goto(f"{desk.address}/signin?next=/integrity%3Fperiod%3D2024")
    usable(page, "sign-in")
    page.fill("input[name=login]", "everything")
    page.fill("input[name=password]", password)
    page.keyboard.press("Enter")
    # A one-time password is changed first; then the way goes on to what was asked for.
    page.wait_for_url(lambda url: "/account?next=" in url)
    usable(page, "first password")
    page.fill("#old", password)
    for field in ("#new", "#again"):
        page.fill(field, GOOD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url.endswith("/integrity?period=2024"))
    expect(page.locator("h1")).to_contain_text("廉政")
    for path in ("", "/uploads", "/approvals", "/users", "/users/everything", "/audit", "/account"):
        if path:
            page.goto(desk.address + path)
        page.wait_for_selector("main h1")
        page.wait_for_load_state("networkidle")
        usable(page, path)
    # The last of the way down: a record, with its original for those who may have it.
    desk.open("/records?period=2024&metric=J02")
    page.locator(".origin a").first.click()
    page.wait_for_selector("#place")
    usable(page, "record")
    with page.expect_download() as got:
        page.locator(".panel-upload a.button").click()
    assert got.value.suggested_filename in page.inner_text("#place")


def test_the_list_of_pages_unfolds_on_a_phone_and_keeps_what_was_asked(phone: Watched) -> None:
    page = phone.open("/?period=2024H1&county=610303")
    links = page.locator("#pages")
    expect(links).to_be_hidden()
    page.locator("#menu").click()
    # The pages, and the way to sign in.
    expect(links.locator("a")).to_have_count(len(SHOWN) + 1)
    links.get_by_text("培训", exact=True).click()
    page.wait_for_url("**/training?period=2024H1&county=610303")
    expect(page.locator("h1")).to_contain_text("培训")
    expect(links).to_be_hidden()
    page.locator("#menu").click()
    page.keyboard.press("Escape")
    expect(links).to_be_hidden()
    expect(page.locator("#menu")).to_be_focused()


def test_discipline_is_hidden_from_visitors_and_refused(desk: Watched) -> None:
    page = desk.page
    answer = page.goto(desk.address + "/integrity")
    assert answer is not None
    assert answer.status == 403
    expect(page.locator("h1")).to_contain_text("没有查看廉政的权限")
    expect(page.locator("#pages")).to_contain_text("党建")
    expect(page.locator("#pages")).not_to_contain_text("廉政")
    desk.complaints.clear()


def test_discipline_opens_to_those_with_the_grant_as_city_totals_without_rows(settings: Settings) -> None:
    shown = _screen(Source(settings), "/integrity", "?period=2024", INSPECTOR)
    main, links = written(shown.main), written(shown.links)
    words = words_of(main)
    assert "廉政" in words_of(links)
    assert "出具廉政意见人次" in words
    assert "31" in words
    assert "/records?period=2024&metric=D02" not in str(main)


def test_the_way_back_is_written_above_each_page(desk: Watched) -> None:
    page = desk.open("/fairs?period=2024&county=610303")
    expect(page.locator(".crumbs li").last).to_have_text("招聘会")
    page.locator(".crumbs a").click()
    page.wait_for_url("**/?period=2024&county=610303")


def test_what_the_page_is_narrowed_to_stands_there_and_can_be_cleared(desk: Watched) -> None:
    page = desk.open("/fairs?period=2024")
    page.locator(".map-keys a", has_text="眉县").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/fairs?period=2024&county=610326")
    expect(page.locator(".filter")).to_have_text("县区：眉县×")
    page.locator(".map-keys a[aria-current]").click()
    page.wait_for_url("**/fairs?period=2024")
    expect(page.locator(".filter")).to_have_count(0)
    page.locator(".map-keys a", has_text="高新区").click()
    page.locator(".filter").click()
    page.wait_for_url("**/fairs?period=2024")


def test_the_funnel_is_what_the_metrics_say(desk: Watched, served: Served) -> None:
    page = desk.open("/fairs?period=2024")
    shown = page.locator(".panel-funnel-job_fair .bar-text").evaluate_all("all => all.map(one => one.title)")
    steps = metrics.funnel("job_fair", period="2024", version=served.version).steps
    catalogue = metrics.catalogue()
    told = [metrics.exact_value(catalogue[step.id], step.value) for step in steps]
    assert [text.split(" ")[0] for text in shown[1:]] == told
    assert shown[0].startswith(f"{metrics.query('J02', period='2024', version=served.version).rows[0].value:,}")


def test_a_day_of_the_calendar_leads_to_its_rows(desk: Watched, served: Served) -> None:
    page = desk.open("/fairs?period=2024")
    page.locator(".panel-calendar-J01 summary").click()
    days = page.locator(".panel-calendar-J01 tbody tr")
    found = metrics.calendar_days("J01", period="2024", version=served.version)
    assert days.count() == len(found.values)
    chart = page.locator(".chart-calendar-J01 .nsewdrag")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    first = min(found.values)
    week = (first - first.replace(month=1, day=1)).days + first.replace(month=1, day=1).weekday()
    x = box["x"] + box["width"] * (week // 7 + 0.5) / 53
    page.mouse.click(x, box["y"] + box["height"] * (first.weekday() + 0.5) / 7)
    page.wait_for_url(f"**/records?period={first}..{first}&metric=J01")


def test_each_target_is_judged_as_the_metrics_judge_it(desk: Watched, served: Served) -> None:
    page = desk.open("/?period=2024")
    table = metrics.target_table(period="2024", version=served.version)
    for light, mood in (("red", "bad"), ("amber", "warn"), ("green", "good")):
        expect(page.locator(f".panel-targets td.mood-{mood}")).to_have_count(sum(row.light == light for row in table))
    expect(page.locator(".panel-targets td.mood-bad").first).to_contain_text("滞后")


def test_the_calendar_of_submissions_shows_who_sent_what(desk: Watched, served: Served) -> None:
    page = desk.open("/quality?period=2024")
    found = metrics.submission_calendar(period="2024", version=served.version)
    expect(page.locator(".panel-submissions tbody tr")).to_have_count(len(found.senders))
    late = sum("late" in sender.months for sender in found.senders)
    assert page.locator(".panel-submissions tr:has(td.mood-warn)").count() == late
    rows = {row.name: row for row in metrics.quality("2024", version=served.version)}
    expect(page.locator(".panel-quality tbody tr")).to_have_count(len(rows))


def test_a_definition_is_found_while_one_types(desk: Watched) -> None:
    page = desk.open("/definitions")
    field = page.locator("#narrow").locator("xpath=descendant-or-self::input")
    before = len(desk.requests)
    field.fill("满意度")
    expect(page.locator("#narrow-count")).to_contain_text("找到")
    expect(page.locator("#term-T06")).to_be_visible()
    expect(page.locator("#term-J01")).to_be_hidden()
    field.fill("")
    expect(page.locator("#term-J01")).to_be_visible()
    assert len(desk.requests) == before


def addresses(part: Any) -> Iterator[str]:
    """Every address on a screen."""
    if isinstance(part, list):
        for each in part:
            yield from addresses(each)
    elif isinstance(part, dict):
        if isinstance(href := part["props"].get("href"), str):
            yield href
        yield from addresses(part["props"].get("children"))


@pytest.mark.parametrize("path", ["/", "/events", "/training", "/fairs", "/rectification", "/party"])
def test_every_figure_leads_to_rows(settings: Settings, path: str) -> None:
    source = Source(settings)
    found = dict.fromkeys(addresses(written(_screen(source, path, "?period=2024", VISITOR).main)))
    rows = [urlsplit(href) for href in found if href.startswith(("/records", "/record?"))]
    assert len(rows) > 20
    # A few of each kind: what follows the metric says which part of it the rows are of.
    for parts in rows[:: max(1, len(rows) // 12)]:
        words = words_of(written(_screen(source, parts.path, f"?{parts.query}", VISITOR).main))
        assert "没有对应的记录" not in words, parts
        assert "问不出" not in words, parts
        assert "没有这条记录" not in words, parts


def test_the_rows_of_a_part_are_the_parts_own(desk: Watched, served: Served) -> None:
    page = desk.open("/fairs?period=2024")
    bar = page.locator(".panel-parts-fair_mode .bar-text a").first
    mode = page.locator(".panel-parts-fair_mode tbody th").first.inner_text()
    bar.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".rows")
    expect(page.locator(".filter")).to_contain_text(mode)
    rows = metrics.records("J01", period="2024", dims={"mode": mode}, limit=1, version=served.version)
    expect(page.locator(".pager")).to_contain_text(f"共 {rows.attrs['total']} 行")


def test_the_most_frequent_faults_are_listed_with_a_cell_to_look_at(desk: Watched) -> None:
    page = desk.open("/quality?period=2024")
    lines = page.locator(".panel-faults tbody tr").all_inner_texts()
    assert any("计数是约数" in line for line in lines)
    assert all("演示数据_" in line for line in lines)


def test_a_page_without_data_says_what_to_upload(desk: Watched) -> None:
    page = desk.open("/training?period=2021")
    expect(page.locator(".empty")).to_contain_text("2021年还没有培训数据")
    expect(page.locator(".empty")).to_contain_text("培训台账")


@pytest.mark.parametrize("page_path", ["/fairs", "/quality"])
def test_the_pictures_of_the_pages(desk: Watched, pictures: Any, page_path: str) -> None:
    page = desk.open(f"{page_path}?period=2024")
    page.wait_for_load_state("networkidle")
    for scheme in ("light", "dark"):
        page.evaluate(f"document.documentElement.setAttribute('data-mantine-color-scheme', '{scheme}')")
        path = pictures / f"{page_path.strip('/')}-1440-{scheme}.jpg"
        page.set_viewport_size({"width": 1440, "height": 1500})
        page.screenshot(path=path, type="jpeg", quality=60)
        assert 20_000 < path.stat().st_size < 200_000
