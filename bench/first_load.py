"""The first load of the overview page in a real browser: bytes over the wire, requests, hosts."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import sync_playwright

from bench.measure import Measure, fresh_folder, run, taizhang

PORT = 8951
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def served(data: Path, port: int = PORT) -> Iterator[str]:
    """Serve ``data`` as a user would; give the address once it answers."""
    address = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        taizhang(data, "serve", "--port", str(port)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        for _ in range(300):
            if process.poll() is not None:
                raise RuntimeError(f"the server ended: {process.stderr.read() if process.stderr else ''}")
            try:
                with urllib.request.urlopen(address, timeout=1):
                    break
            except (urllib.error.URLError, TimeoutError):
                time.sleep(0.1)
        else:
            raise RuntimeError("the server did not answer within 30 s")
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


def measure() -> Iterator[Measure]:
    """Open the page once with an empty cache and count."""
    browser_path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not browser_path:
        raise RuntimeError("没有找到 chromium：请运行 make bench，它会安装")
    with fresh_folder() as data:
        run(taizhang(data, "demo"), ok=(0, 1))
        with served(data) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=browser_path, args=list(_QUIET))
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            session = page.context.new_cdp_session(page)
            session.send("Network.enable")
            sizes: dict[str, float] = {}
            hosts: dict[str, str] = {}
            session.on(
                "Network.requestWillBeSent", lambda event: hosts.update({event["requestId"]: event["request"]["url"]})
            )
            session.on(
                "Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]})
            )
            start = time.perf_counter()
            page.goto(address)
            page.wait_for_load_state("networkidle")
            seconds = time.perf_counter() - start
            browser.close()
    own = urlsplit(address).netloc
    asked = [urlsplit(url) for url in hosts.values()]
    over_the_wire = [url for url in asked if url.scheme in {"http", "https", "ws", "wss"}]
    strangers = sorted({url.netloc for url in over_the_wire if url.netloc != own})
    yield Measure(
        "first_load_bytes",
        "First load of the overview, compressed",
        "总览页首次打开，压缩后",
        sum(sizes.values()) / 2**20,
        "MB",
        limit=1.1,
        detail=f"{seconds:.1f} s 到网络空闲",
    )
    yield Measure(
        "first_load_requests", "Requests of the first load", "首次打开的请求数", len(over_the_wire), "", limit=25
    )
    yield Measure(
        "first_load_strangers",
        "Requests off the machine",
        "发往本机以外的请求",
        sum(url.netloc != own for url in over_the_wire),
        "",
        limit=0,
        detail="、".join(strangers) or f"全部是 {own}",
    )
