"""A served dashboard over the demo city, and a real browser that watches every request and every complaint."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright
from watching import Served, Watched, hold_to, watch

from analytics import demo, intake
from analytics.operations import accounts
from analytics.operations.roles import roles
from analytics.settings import Settings

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PICTURES = Path(__file__).resolve().parents[2] / "docs" / "images"
STARTED_WITHIN = 90.0
PATIENCE = 60_000
"""Milliseconds a test waits for what it expects: a busy machine is not a failure."""
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The demo city's two years, ingested from its workbooks as they would be sent."""
    folder = tmp_path_factory.mktemp("city")
    demo.build(folder / "workbooks")
    made = Settings(data=folder / "data")
    reports = intake.ingest([folder / "workbooks"], made)
    assert not [report.file for report in reports if report.state in {"unreadable", "rejected"}]
    # What makes it a demonstration: whoever comes may look around, though there are accounts.
    (made.data / "demo").mkdir(exist_ok=True)
    return made


@pytest.fixture(scope="session")
def served(settings: Settings) -> Iterator[Served]:
    """The dashboard in a process of its own, as ``taizhang serve`` starts it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "dashboard", "--port", str(port), "--workers", "1"]
    environment = {**os.environ, "TAIZHANG_DATA": str(settings.data), "TAIZHANG_SECRET_KEY": "for-the-tests"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        address = f"http://127.0.0.1:{port}"
        try:
            _wait(address, process)
            yield Served(address, settings)
        finally:
            process.terminate()


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + STARTED_WITHIN
    while time.monotonic() < until:
        if process.poll() is not None:
            raise AssertionError((process.stdout.read() if process.stdout else b"").decode())
        try:
            with urllib.request.urlopen(address + "/readyz", timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the dashboard did not start")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    found = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
    yield found
    found.close()


@pytest.fixture
def desk(browser: Browser, served: Served) -> Iterator[Watched]:
    """A desk's screen, 1440 pixels wide."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN", reduced_motion="reduce")
    watched = watch(context, served)
    yield watched
    hold_to(watched)
    context.close()


@pytest.fixture
def phone(browser: Browser, served: Served) -> Iterator[Watched]:
    """A phone, 390 pixels wide."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, locale="zh-CN", has_touch=True, is_mobile=True, reduced_motion="reduce"
    )
    watched = watch(context, served)
    yield watched
    hold_to(watched)
    context.close()


@pytest.fixture(scope="session")
def password(settings: Settings) -> str:
    """The one-time password of ``everything``, who has every role and the grant for discipline."""
    return accounts.add(settings, login="everything", name="全能", roles=list(roles()), discipline=True, by="test")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where pictures go: the documentation when asked for, else nowhere that stays."""
    if os.environ.get("TAIZHANG_PICTURES") == "1":
        PICTURES.mkdir(parents=True, exist_ok=True)
        return PICTURES
    return tmp_path
