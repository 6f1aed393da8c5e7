"""Ways of asking, ways down to the cell and ways out, as a leader walks them in a real browser."""

from __future__ import annotations

import io
import re
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import openpyxl
import pytest
from playwright.sync_api import Browser, expect
from watching import Served, Watched, hold_to, watch

from analytics import intake, metrics
from analytics.settings import Settings
from analytics.warehouse import published

pytestmark = pytest.mark.browser


def test_any_two_days_are_asked_for_in_two_fields(desk: Watched) -> None:
    page = desk.open("/?county=610302")
    page.locator(".custom > summary").click()
    page.locator(".days input[name=first]").fill("2024-02-03")
    page.locator(".days input[name=last]").fill("2024-05-20")
    page.locator(".days .button").click()
    desk.go("/?county=610302&period=2024-02-03..2024-05-20")
    expect(page.locator("h1")).to_contain_text("2024-02-03至2024-05-20")
    expect(page.locator(".custom > summary")).to_have_attribute("aria-current", "true")
    expect(page.locator(".custom")).not_to_have_attribute("open", "")


def test_the_next_visit_begins_where_the_last_one_ended(desk: Watched) -> None:
    page = desk.open("/?period=2024H1&county=610326")
    expect(page.locator("h1")).to_contain_text("上半年")
    desk.open("/")
    assert parse_qs(urlsplit(page.url).query) == {"period": ["上半年"], "county": ["610326"]}
    expect(page.locator("#pick-county option:checked")).to_have_text("眉县")


def test_a_line_of_work_shows_its_own_figures(desk: Watched) -> None:
    page = desk.open("/?period=2024")
    page.locator("#pick-line").select_option(label="培训")
    page.wait_for_url("**line=*")
    expect(page.locator(".card").first).to_contain_text("培训")
    shown = {card.get_attribute("data-metric") for card in page.locator(".card").all()}
    assert {metrics.catalogue()[metric or ""].line for metric in shown} == {"培训"}


def test_a_view_is_kept_by_name_and_opened_again(desk: Watched) -> None:
    page = desk.open("/?period=2024H1&county=610326")
    page.locator(".views > summary").click()
    page.locator(".views input").fill("眉县半年")
    page.locator(".views form .button").click()
    expect(page.locator(".views li a")).to_have_text("眉县半年")
    desk.open("/?period=2023")
    page.locator(".views > summary").click()
    page.locator(".views li a").click()
    page.wait_for_url("**county=610326*")
    expect(page.locator("h1")).to_contain_text("眉县")
    page.locator(".views > summary").click()
    page.locator(".views li button").click()
    # The list stays open, and the keyboard in it.
    expect(page.locator(".views li")).to_have_text("还没有保存的视图")
    expect(page.locator(".views input")).to_be_focused()


def test_from_a_row_to_its_cells_its_upload_and_its_history(desk: Watched, served: Served) -> None:
    page = desk.open("/records?period=2024&metric=J02&sort=-jobs_n")
    first = metrics.records("J02", period="2024", sort="-jobs_n", limit=1, version=served.version).iloc[0]
    cell = page.locator('.rows tbody td[data-label^="提供岗位数"]').first
    expect(cell).to_have_attribute("data-cell", re.compile(rf"^[A-Z]+{first['row']}$"))
    address = cell.get_attribute("data-cell") or ""
    page.locator(".origin a").first.click()
    expect(page.locator("#place")).to_have_text(f"《{first['file_name']}》“{first['sheet']}”第 {first['row']} 行")
    value = page.locator(".panel-values tr", has_text="提供岗位数")
    expect(value).to_contain_text(address)
    expect(value).to_contain_text(f"{int(first['jobs_n']):,}")
    expect(page.locator(".panel-upload")).to_contain_text(first["upload_id"])
    expect(page.locator(".panel-history")).to_contain_text("现行")
    assert page.request.get(f"{desk.address}/original/{first['upload_id']}").status == 403


def test_rows_are_found_narrowed_and_taken_away(desk: Watched, served: Served) -> None:
    page = desk.open("/records?period=2024&metric=J02")
    page.locator(".find input").fill("金秋")
    page.locator(".find .button").click()
    page.wait_for_url("**find=*")
    rows = metrics.records("J02", period="2024", find="金秋", limit=None, version=served.version)
    assert 0 < len(rows) < 152
    expect(page.locator(".headline")).to_contain_text(f"筛选出 {len(rows)} 行")
    with page.expect_download() as got:
        page.locator(".filters a", has_text="Excel").click()
    book = openpyxl.load_workbook(io.BytesIO(Path(got.value.path()).read_bytes()))
    sheet = book["提供岗位数明细"]
    head = [cell.value for cell in sheet[1]]
    assert {"提供岗位数（个）", "来源文件", "工作表", "行", "上传编号", "提供岗位数所在单元格"} <= set(head)
    column = head.index("提供岗位数（个）")
    assert sum(line[column] or 0 for line in sheet.iter_rows(min_row=2, values_only=True)) == rows["jobs_n"].sum()


def test_a_page_is_taken_away_with_its_version_and_opened_again(desk: Watched, served: Served, tmp_path: Path) -> None:
    page = desk.open("/?period=2024")
    shown = page.locator(".card[data-metric=J02] [data-figure]").get_attribute("title")
    page.locator(".out > summary").click()
    with page.expect_download() as got:
        page.locator(".out a", has_text="Excel").click()
    book = openpyxl.load_workbook(io.BytesIO(Path(got.value.path()).read_bytes()))
    about = dict(book["说明"].iter_rows(min_row=2, values_only=True))
    assert about["数据版本"] == served.version.id
    cards = {line[0]: line[1:3] for line in book["指标"].iter_rows(min_row=2, values_only=True)}
    assert f"{cards['提供岗位数'][0]:,} {cards['提供岗位数'][1]}" == shown
    assert len(book.sheetnames) >= 5
    again = page.request.get(str(about["原页面"]))
    assert again.status == 200
    answer = page.request.get(f"{desk.address}/export/page.pdf?at=%2F%3Fperiod%3D2024")
    assert answer.status == 200
    path = tmp_path / "page.pdf"
    path.write_bytes(answer.body())
    words = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True).stdout.decode()
    for word in ("提供岗位数", "74,954", "数据截至", served.version.id, "第 1 页，共"):
        assert word.replace(" ", "") in words.replace(" ", "")
    # The widest table stays on the paper, in letters of seven points at least.
    boxes = subprocess.run(["pdftotext", "-bbox", path, "-"], capture_output=True, check=True).stdout.decode()
    named = re.findall(r'xMin="([\d.]+)" yMin="[\d.]+" xMax="([\d.]+)" yMax="[\d.]+">高新区<', boxes)
    assert named
    assert all(float(right) - float(left) >= 3 * 7 and float(right) < 560 for left, right in named)
    answer = page.request.get(f"{desk.address}/export/page.pdf?at=%2Frecords%3Fperiod%3D2024%26metric%3DJ02")
    path.write_bytes(answer.body())
    told = subprocess.run(["pdfinfo", path], capture_output=True, check=True).stdout.decode()
    assert re.search(r"Pages: +[23]\n", told), "25 rows need no more paper than that"


def test_a_chart_is_taken_away_as_a_picture(desk: Watched) -> None:
    page = desk.open("/?period=2024")
    with page.expect_download() as got:
        page.locator(".panel-trend .picture").click()
    content = Path(got.value.path()).read_bytes()
    assert content.startswith(b"\x89PNG")
    assert got.value.suggested_filename.endswith("走势.png")
    assert int.from_bytes(content[16:20], "big") == 2400


def test_the_big_screen_has_nothing_to_click_and_turns_its_pages(browser: Browser, served: Served) -> None:
    context = browser.new_context(viewport={"width": 1920, "height": 1080}, locale="zh-CN", reduced_motion="reduce")
    watched = watch(context, served)
    watched.page.clock.install()
    page = watched.open("/?period=2024&screen=1")
    for part in (".header", ".segments", ".picker", ".fold"):
        expect(page.locator(part).first).to_be_hidden()
    assert page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") > 20
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for _ in range(12):
        page.clock.run_for(20_500)
        page.wait_for_timeout(400)
        if "/?" not in page.url:
            break
    page.wait_for_url("**/events?*screen=1*")
    expect(page.locator("h1")).to_contain_text("宣讲与活动", timeout=15_000)
    page.keyboard.press("Escape")
    expect(page.locator(".segments")).to_be_visible()
    hold_to(watched)
    context.close()


@pytest.mark.parametrize(
    "search",
    ["?period=明年的明年", "?line=没有", "?as_of=0001-01-01", "?version=../../etc", "?version=no-such", "?which=x",
     "?page=0", "?sort=;drop", "?record=%00", "?county=%F0%9F%98%80&find=%25%27"],
)  # fmt: skip
def test_what_an_address_says_wrongly_is_said_and_never_breaks(desk: Watched, search: str) -> None:
    page = desk.open("/records" + search + "&metric=J02")
    expect(page.locator(".notice")).to_be_visible()
    expect(page.locator("h1")).to_contain_text("提供岗位数明细")


def test_a_new_version_reaches_an_open_page(settings: Settings, served: Served, desk: Watched, tmp_path: Path) -> None:
    page = desk.open("/?period=2024")
    old = page.locator(".card[data-metric=J01] [data-figure]").get_attribute("title")
    page.evaluate("window.stayed = true")
    before = served.version.id
    extra = tmp_path / "追加.csv"
    extra.write_text(
        "2024年招聘会台账,,,,,,\n填报单位：渭滨区总工会,,,,,,\n招聘会名称,举办日期,县区,举办方式,参会企业数,提供岗位数,服务人次\n"
        "大屏更新专场,2024-12-20,渭滨区,线下,9,31,20\n",
        encoding="utf-8",
    )
    report = intake.ingest([extra], settings)[0]
    try:
        assert report.state in {"accepted", "accepted_with_warnings"}, report.findings
        new = published.current(settings).id
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        for _ in range(40):
            if page.inner_text("#version") == new:
                break
            page.wait_for_timeout(500)
            page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(page.locator("#version")).to_have_text(new)
        assert page.locator(".card[data-metric=J01] [data-figure]").get_attribute("title") != old
        assert page.evaluate("window.stayed") is True
        # The version of before is still there for who has its address.
        page = desk.open(f"/?period=2024&version={before}")
        expect(page.locator(".notice")).to_contain_text("旧版本")
        assert page.locator(".card[data-metric=J01] [data-figure]").get_attribute("title") == old
    finally:
        intake.revoke(report.upload_id or "", settings, reason="测试结束")
