"""The upload desk in a real browser: a clerk whose workbook is odd gets through, by keyboard and on a phone."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from axe_playwright_python.sync_playwright import Axe
from desk_kit import STEWARD
from playwright.sync_api import Browser, Page, expect

ROOT = Path(__file__).resolve().parents[2]
SERVER = ROOT / "tests" / "support" / "desk_server.py"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A data folder whose desk worker ends with the test."""
    yield tmp_path / "data"
    lock = tmp_path / "data" / "processed" / "desk.lock"
    if lock.exists() and (pid := lock.read_text(encoding="ascii")).isdecimal():
        for _ in range(200):
            try:
                os.kill(int(pid), signal.SIGTERM)
            except ProcessLookupError:
                break
            time.sleep(0.05)


@pytest.fixture
def address(folder: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, str(SERVER), str(folder), str(port)]
    found = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(SERVER.parent)])}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{found}/healthz", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield found
        process.terminate()


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """A workbook as an office in 太白县 might send it: no 举办方式, its own words, two cells that are no numbers."""
    book = openpyxl.Workbook()
    page = book.active
    page.title = "七月"
    for cells in (
        ["附件2"], ["2024年7月太白县招聘会开展情况"], ["填报单位：太白县总工会", "", "", "填报时间：2024年8月2日"],
        ["序号", "招聘会名称", "举办时间", "所在地区", "承办单位", "参加企业", "岗位", "服务人次", "简历分数"],
        [1, "春风行动太白专场", "7月5日", "太白", "县总工会", "三十二", "500多", 620, 12],
        [2, "夏季送岗进社区", "2024.7.18", "太白县", "县总工会", "较多", 210, 300, 5],
        [3, "零工市场日", "7.10", "太白县", "县总工会", 12, 80, "线上20/线下30", ""],
    ):  # fmt: skip
        page.append(cells)
    path = tmp_path / "太白县7月招聘会.xlsx"
    book.save(path)
    return path


def opened(browser: Browser, address: str, *, width: int = 1440, dark: bool = False) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, locale="zh-CN", reduced_motion="reduce",
        color_scheme="dark" if dark else "light",
    )  # fmt: skip
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto(f"{address}/uploads")
    page.wait_for_selector("form[data-drop]")
    return page


def serious(page: Page) -> list[str]:
    # The script of the checker is put in by the test, past the page's own policy.
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found if one["impact"] in ("serious", "critical")
    ]


def test_a_clerk_with_an_odd_workbook_gets_through(browser: Browser, address: str, odd: Path) -> None:
    page = opened(browser, address)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    assert serious(page) == []
    page.set_input_files("input[type=file]", odd)
    expect(page.locator("h1")).to_have_text("太白县7月招聘会.xlsx", timeout=30_000)
    expect(page.locator(".headline")).to_contain_text("举办方式", timeout=30_000)
    assert serious(page) == []
    page.select_option('select[name="set:mode"]', "线下")
    page.select_option('select[name="map:所在地区"]', "county")
    page.get_by_role("button", name="按此重新校验").click()
    expect(page.locator(".headline")).to_contain_text("1 行可以导入，2 行有错误", timeout=30_000)
    page.fill('input[name="cell:七月!F6"]', "25")
    # Somebody else's upload is published meanwhile: what is being typed stays.
    page.route("**/fresh", lambda route: route.fulfill(json={"version": "99999999-later"}))
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_timeout(700)
    assert page.get_by_text("已换成刚发布的新数据").count() == 0
    expect(page.locator('input[name="cell:七月!F6"]')).to_have_value("25")
    page.fill('input[name="cell:七月!H7"]', "50")
    page.keyboard.press("Enter")
    expect(page.locator(".headline")).to_contain_text("3 行可以导入，没有错误", timeout=30_000)
    assert serious(page) == []
    page.reload()
    expect(page.locator(".headline")).to_contain_text("3 行可以导入", timeout=30_000)
    page.get_by_role("button", name="确认导入").dblclick()
    expect(page.locator(".headline")).to_contain_text("已导入 3 行", timeout=30_000)
    page.goto(f"{address}/uploads")
    expect(page.locator("table.uploads tbody tr")).to_have_count(1)
    assert serious(page) == []
    page.context.add_cookies([{"name": "who", "value": STEWARD.login, "url": address}])
    page.goto(f"{address}/approvals")
    expect(page.locator(".approvals")).to_contain_text("500多")
    assert serious(page) == []
    page.get_by_label("采用的数值").fill("520")
    page.keyboard.press("Enter")
    expect(page.locator(".empty")).to_contain_text("没有等待审核的约数", timeout=30_000)
    assert complaints == []
    page.context.close()


def test_a_phone_in_the_dark_shows_all_of_it_without_scrolling_sideways(
    browser: Browser, address: str, odd: Path
) -> None:
    page = opened(browser, address, width=390, dark=True)
    page.set_input_files("input[type=file]", odd)
    expect(page.locator(".headline")).to_contain_text("举办方式", timeout=30_000)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert serious(page) == []
    page.context.close()


def test_a_lost_connection_is_told_and_the_file_can_be_sent_again(browser: Browser, address: str, odd: Path) -> None:
    page = opened(browser, address)
    page.route("**/desk/files", lambda route: route.abort())
    page.set_input_files("input[type=file]", odd)
    expect(page.locator(".sending")).to_contain_text("连接中断")
    page.unroute("**/desk/files")
    page.get_by_role("button", name="重新发送").click()
    expect(page.locator("h1")).to_have_text("太白县7月招聘会.xlsx", timeout=30_000)
    page.context.close()
