"""A document on paper: an HTML text printed to PDF by a browser of this machine, which is let nowhere.

This module must not know what a document says.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "microsoft-edge-stable")
TIMEOUT = 60.0
"""Seconds one document may take to print."""
WAITS = 25.0
"""Seconds a second document waits for the first."""
_one = threading.Semaphore(1)


class NoBrowserError(Exception):
    """There is no browser on this machine, or it could not print; says in Chinese what to do."""


def pdf(text: str) -> bytes:
    """Print a document.

    Raises:
        NoBrowserError: There is no browser, it is busy, or it could not print.
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise NoBrowserError(
            "这台机器没有安装浏览器，生成不了 PDF。请管理员执行 apt-get install chromium fonts-noto-cjk 后重试；"
            "也可以先用别的格式，或在页面上用“导出 → 打印”，在打印窗口中选择“另存为 PDF”。"
        )
    if not _one.acquire(timeout=WAITS):
        raise NoBrowserError("正在生成别人的 PDF，请稍后重试。")
    try:
        return _print(browser, text)
    finally:
        _one.release()


def _print(browser: str, text: str) -> bytes:
    with TemporaryDirectory(prefix="taizhang-paper-") as name:
        folder = Path(name)
        source, target = folder / "page.html", folder / "page.pdf"
        source.write_text(text, encoding="utf-8")
        command = [
            browser,
            "--headless",
            "--disable-gpu",
            "--disable-extensions",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            # Whatever a page might ask for, there is nowhere to ask.
            "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--user-data-dir={folder / 'profile'}",
            "--no-pdf-header-footer",
            f"--print-to-pdf={target}",
            "--virtual-time-budget=10000",
            source.as_uri(),
        ]
        if os.geteuid() == 0:
            # Chromium refuses its sandbox to root; the document is our own and can reach nothing.
            command.insert(1, "--no-sandbox")
        try:
            done = subprocess.run(command, capture_output=True, timeout=TIMEOUT, check=False, cwd=folder)  # noqa: S603 - no shell, our own words
        except subprocess.TimeoutExpired as error:
            raise NoBrowserError("生成 PDF 超时，请缩小时段或稍后重试。") from error
        if done.returncode or not target.exists():
            tail = done.stderr.decode(errors="replace")[-300:]
            raise NoBrowserError(
                f"浏览器没能生成 PDF（{tail.strip().splitlines()[-1] if tail.strip() else '没有说明原因'}）。"
            )
        return target.read_bytes()
