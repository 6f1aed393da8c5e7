"""The dashboard's server without a browser: before there is data, when asked nonsense, when it fails."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import brotli
import pytest
from dash import Dash

from analytics.settings import Settings
from dashboard import app as application
from dashboard import asking, server
from dashboard.parts import work
from dashboard.source import Memory

DASHBOARD = Path(application.__file__).parent


@pytest.fixture
def app(tmp_path: Path) -> Dash:
    """A dashboard over a data folder in which nothing was ever ingested."""
    return application.create_app(Settings(data=tmp_path))


def screen(app: Dash, path: str, search: str = "") -> str:
    """The words and components of a screen, as the browser receives them."""
    client = app.server.test_client()
    asked = asking.screen_request(client.get(asking.DESCRIBED).get_json(), path, search)
    answer = client.post(asking.ADDRESS, json=asked)
    assert answer.status_code == 200
    return json.dumps(answer.get_json(), ensure_ascii=False)


def test_before_anything_is_ingested_the_page_says_what_to_do(app: Dash) -> None:
    words = screen(app, "/")
    assert "还没有入库的台账" in words
    assert "taizhang ingest" in words


def test_an_unknown_address_is_not_found_and_says_so(app: Dash) -> None:
    assert app.server.test_client().get("/nowhere").status_code == 404
    assert "没有这个页面" in screen(app, "/nowhere")


def test_a_known_address_is_found(app: Dash) -> None:
    client = app.server.test_client()
    assert [client.get(path).status_code for path in ("/", "/records")] == [200, 200]


def test_an_asset_that_is_not_there_is_said_in_chinese(app: Dash) -> None:
    answer = app.server.test_client().get("/assets/none.js")
    assert answer.status_code == 404
    assert "没有这个文件" in answer.get_data(as_text=True)


def test_the_process_is_alive_before_the_data_is_ready(app: Dash) -> None:
    client = app.server.test_client()
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503


def test_a_failure_shows_a_sentence_and_never_a_trace(
    app: Dash, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any) -> Any:
        raise RuntimeError("the cellar is flooded")

    monkeypatch.setattr(application, "_screen", fail)
    words = screen(app, "/")
    assert "这个页面暂时打不开" in words
    assert "cellar" not in words
    assert "Traceback" not in words
    assert "the cellar is flooded" in caplog.text
    assert "四季服务" in words, "the other pages are within reach"


def test_only_our_own_scripts_run(app: Dash) -> None:
    policy = app.server.test_client().get("/").headers["Content-Security-Policy"]
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert "'self'" in scripts
    assert "unsafe" not in scripts
    assert "connect-src 'self'" in policy


def test_the_page_is_chinese_and_loads_nothing_from_elsewhere(app: Dash) -> None:
    page = app.server.test_client().get("/").get_data(as_text=True)
    assert '<html lang="zh-CN">' in page
    assert 'src="http' not in page
    assert 'href="http' not in page


def test_what_is_sent_is_compressed(app: Dash) -> None:
    answer = app.server.test_client().get("/_dash-layout", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"


@pytest.mark.parametrize(("asked", "given"), [("br, gzip", "br"), ("gzip", "gzip"), ("identity", None)])
def test_scripts_are_packed_once_for_all_visitors(app: Dash, asked: str, given: str | None) -> None:
    client = app.server.test_client()
    path = "/assets/vendor/plotly-cartesian.min.js"
    plain = (DASHBOARD / "assets" / "vendor" / "plotly-cartesian.min.js").read_bytes()
    with client.get(path, headers={"Accept-Encoding": asked}) as first:
        assert first.headers.get("Content-Encoding") == given
        assert "Accept-Encoding" in first.headers["Vary"]
        data = first.get_data()
    opened = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[given](data)
    assert opened == plain
    with client.get(path, headers={"Accept-Encoding": asked}) as second:
        assert second.get_data() == data
    with client.get(path, headers={"Accept-Encoding": asked, "If-None-Match": first.headers["ETag"]}) as third:
        assert third.status_code == 304


def test_unknown_components_are_not_excused(app: Dash) -> None:
    assert app.config.suppress_callback_exceptions is False


def test_the_key_is_made_once_kept_for_its_owner_alone_and_shared_by_all_processes(tmp_path: Path) -> None:
    keys = [application.create_app(Settings(data=tmp_path)).server.secret_key for _ in range(2)]
    assert len(set(keys)) == 1
    assert len(keys[0]) == 64
    assert (tmp_path / "processed" / "secret.key").stat().st_mode & 0o077 == 0
    assert application.create_app(Settings(data=tmp_path / "other")).server.secret_key != keys[0]
    assert application.create_app(Settings(data=tmp_path, secret_key="kept")).server.secret_key == "kept"


# Memory


def test_an_answer_is_asked_for_once_and_the_oldest_is_forgotten() -> None:
    memory, asked = Memory(2), []

    def ask(key: str) -> str:
        return memory.answer(key, lambda: asked.append(key) or key.upper())

    assert [ask(key) for key in ("a", "a", "b", "a", "c", "a", "b")] == ["A", "A", "B", "A", "C", "A", "B"]
    assert asked == ["a", "b", "c", "b"]
    assert len(memory) == 2


# Where it listens


def test_a_taken_port_is_said_in_words_and_ends_with_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        assert server.run(Settings(data=tmp_path), "127.0.0.1", port, 1) == 1
    assert f"端口 {port} 已被占用" in capsys.readouterr().err


def test_an_address_that_is_not_ours_is_said_in_words() -> None:
    assert "--host" in (server.address_problem("203.0.113.1", 8050) or "")
    assert "--host" in (server.address_problem("没有这个名字", 8050) or "")


def test_a_stopped_server_ends_quietly_and_without_a_crash(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "TAIZHANG_DATA": str(tmp_path), "TAIZHANG_SECRET_KEY": "for-the-tests"}
    command = [sys.executable, "-m", "dashboard", "--port", str(port), "--workers", "2"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        until = time.monotonic() + 90
        while time.monotonic() < until and process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=30):
                    break
            except OSError:
                time.sleep(0.2)
        process.terminate()
        _, said = process.communicate(timeout=60)
    words = said.decode()
    assert process.returncode == 0, words
    assert not [word for word in ("SIGABRT", "terminate called", "Traceback") if word in words], words


def test_an_item_awaiting_acceptance_keeps_its_status_and_one_done_since_says_when() -> None:
    waiting = {
        "item_no": "1", "description": "问题",
        "resp_unit": "办公室", "deadline": dt.date(2024, 5, 21), "days_overdue": 224,
        "status": "待验收", "done_date": dt.date(2024, 5, 29), "file_name": "a.xlsx", "sheet": "表", "row": 3,
    }  # fmt: skip
    assert work.item(waiting).status == "待验收"
    later = waiting | {"status": "已完成", "done_date": dt.date(2025, 1, 2)}
    assert "其后于" in work.item(later).status
