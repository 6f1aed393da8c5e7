"""Twenty people uploading at once while fifty read: every file in its right state, and readers hardly slower.

The server runs as it is served; readers open the overview as the browser asks for it, each with a pause between two
looks; clerks hand in, wait for the preview, confirm and wait for the end. The worker of the desk runs at the lowest
priority, reads two files at a time and publishes many at once, and this is what it is for.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from analytics.settings import Settings
from bench.measure import Measure, Spread, fresh_folder, run, taizhang
from dashboard import asking

READERS = 50
CLERKS = 20
FILES = 3
"""Files each clerk sends."""
IDLE_SECONDS = 20.0
PAUSE = (2.0, 6.0)
"""Seconds a reader looks at a page before asking for the next."""
RATIO = 1.5
PASSWORD = "一个足够长的试验密码-2024"
_HEADER = "招聘会名称,举办日期,县区,主办单位,举办方式,参会企业数,提供岗位数,服务人次"
_PERIODS = ("2024", "2023", "2024H1", "2024H2", *(f"2024-{month:02d}" for month in range(1, 13)))


class Caller:
    """One person's browser: a connection that is kept, and a cookie."""

    def __init__(self, port: int, cookie: str) -> None:
        self._port = port
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._headers = {"Cookie": f"taizhang={cookie}", "X-Requested-With": "taizhang"}

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def ask(self, method: str, place: str, body: bytes | None = None, kind: str = "") -> tuple[int, bytes]:
        """Ask once; a connection the server has closed meanwhile is opened anew."""
        headers = self._headers | ({"Content-Type": kind} if kind else {})
        for attempt in (1, 2):
            try:
                self._connection.request(method, place, body, headers)
                answer = self._connection.getresponse()
                return answer.status, answer.read()
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                self._connection.close()
                if attempt == 2:
                    raise
        raise AssertionError("not reached")


def read_on(
    caller: Caller, callbacks: list[dict[str, Any]], stop: threading.Event, into: Spread, wrong: list[str]
) -> None:
    """Look at one page after another until told to stop."""
    chance = random.Random()
    stop.wait(chance.uniform(0, PAUSE[1]))
    while not stop.is_set():
        asked = asking.screen_request(callbacks, "/", f"?period={chance.choice(_PERIODS)}")
        body = json.dumps(asked).encode()
        begun = time.perf_counter()
        status, answer = caller.ask("POST", asking.ADDRESS, body, "application/json")
        into.seconds.append(time.perf_counter() - begun)
        if status != 200 or "暂时打不开".encode() in answer:
            wrong.append(f"读页面得到 {status}")
        stop.wait(chance.uniform(*PAUSE))


def upload_on(caller: Caller, clerk: int, files: int, wrong: list[str], waits: Spread) -> None:
    """Send files one after another, each to its end."""
    for number in range(files):
        name = f"{clerk}-{number}"
        bad = number == files - 1
        rows = [f"{name}第{at}场,2024-05-{at + 1:02d},太白县,县总工会,线下,10,100,300" for at in range(25)]
        rows += [f"{name}错的,2024-06-01,太白县,县总工会,线下,较多,100,300"] if bad else []
        status, answer = caller.ask("POST", "/desk/files", *multipart(f"{name}.csv", "\n".join([_HEADER, *rows])))
        begun = time.perf_counter()
        if status != 200:
            wrong.append(f"{name}：上传得到 {status}")
            continue
        place = f"/desk/task/{json.loads(answer)['took'][0]['id']}"
        html = _settled(caller, place)
        revision = html.split('name="revision" value="', 1)[-1].split('"', 1)[0]
        if "确认导入 25 行" not in html:
            wrong.append(f"{name}：预览不对")
        form = "application/x-www-form-urlencoded"
        caller.ask("POST", f"{place}/confirm", f"revision={revision}".encode(), form)
        html = _settled(caller, place)
        waits.seconds.append(time.perf_counter() - begun)
        if "已导入 25 行" not in html or ("部分导入" in html) != bad:
            wrong.append(f"{name}：结果不对")


def _settled(caller: Caller, place: str) -> str:
    until = time.monotonic() + 300
    while time.monotonic() < until:
        status, answer = caller.ask("GET", place)
        found = json.loads(answer)
        if status == 200 and not found["busy"]:
            return str(found["html"])
        time.sleep(1.2)
    return ""


def multipart(name: str, text: str) -> tuple[bytes, str]:
    """Return a form that holds one file, and what kind of body it is."""
    border = secrets.token_hex(8)
    head = f'--{border}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
    return f"{head}{text}\r\n--{border}--\r\n".encode(), f"multipart/form-data; boundary={border}"


def cookie_of(settings: Settings, secret: str, login: str) -> str:
    """Make an account that may upload, sign it in, and return its cookie."""
    from flask import Flask
    from flask.sessions import SecureCookieSessionInterface

    from analytics.operations import accounts, sessions
    from dashboard.auth.gate import TOKEN

    once = accounts.add(settings, login=login, name=login, roles=["steward"], by="bench")
    first = sessions.sign_in(settings, login, once)
    assert first.token is not None, first.problem
    person = sessions.person(settings, first.token)
    assert person is not None
    accounts.set_password(settings, person, once, PASSWORD)
    entry = sessions.sign_in(settings, login, PASSWORD)
    assert entry.token is not None, entry.problem
    app = Flask("bench")
    app.secret_key = secret
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    return str(signer.dumps({TOKEN: entry.token}))


@contextlib.contextmanager
def serving(settings: Settings, secret: str) -> Iterator[int]:
    """Serve the folder as a user would; give the port once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = {**os.environ, "TAIZHANG_SECRET_KEY": secret}
    command = taizhang(settings.data, "serve", "--port", str(port), "--workers", "2")
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment) as process:
        try:
            for _ in range(600):
                probing = contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=2))
                with contextlib.suppress(OSError), probing as connection:
                    connection.request("GET", "/readyz")
                    if connection.getresponse().status == 200:
                        break
                time.sleep(0.1)
            yield port
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def together(
    folder: Path,
    *,
    readers: int,
    clerks: int,
    idle: float,
    files: int = FILES,
    small: bool = False,
    at_last: Callable[[Caller], None] | None = None,
) -> tuple[Spread, Spread, Spread, list[str]]:
    """Return what readers waited while it was quiet, and while people uploaded; what uploads took; what was wrong.

    Args:
        folder: Where the data folder is made.
        readers: People who read.
        clerks: People who upload.
        idle: Seconds without uploads.
        files: Files each clerk sends.
        small: Over a single fair in place of the demo's ledgers.
        at_last: Done by a clerk just before the server is told to stop.
    """
    settings = Settings(data=folder / "data")
    if small:
        (folder / "first.csv").write_text(
            f"{_HEADER}\n第一场,2024-03-01,太白县,县总工会,线下,10,100,300", encoding="utf-8"
        )
        run(taizhang(settings.data, "ingest", folder / "first.csv"))
    else:
        run(taizhang(settings.data, "demo"), ok=(0, 1))
    secret = secrets.token_hex(16)
    cookies = [cookie_of(settings, secret, f"bench{number}") for number in range(clerks)]
    quiet, busy, waits, wrong = Spread(), Spread(), Spread(), list[str]()
    with serving(settings, secret) as port, contextlib.ExitStack() as opened:

        def caller(number: int) -> Caller:
            return opened.enter_context(contextlib.closing(Caller(port, cookies[number % clerks])))

        callbacks = json.loads(caller(0).ask("GET", asking.DESCRIBED)[1])
        for into, uploading in ((Spread(), False), (quiet, False), (busy, True)):
            stop = threading.Event()
            looking = [
                threading.Thread(target=read_on, args=(caller(at), callbacks, stop, into, wrong))
                for at in range(readers)
            ]
            sending = [
                threading.Thread(target=upload_on, args=(caller(at), at, files, wrong, waits))
                for at in range(clerks if uploading else 0)
            ]
            for thread in (*looking, *sending):
                thread.start()
            for thread in sending:
                thread.join()
            if not uploading:
                time.sleep(idle)
            stop.set()
            for thread in looking:
                thread.join()
        if at_last is not None:
            at_last(caller(0))
    return quiet, busy, waits, wrong


def measure() -> Iterator[Measure]:
    """Upload and read at the same time."""
    with fresh_folder() as folder:
        quiet, busy, waits, wrong = together(folder, readers=READERS, clerks=CLERKS, idle=IDLE_SECONDS)
    for line in wrong[:10]:
        sys.stdout.write(f"  ✗ {line}\n")
    yield Measure(
        "uploads_wrong",
        f"Wrong states and failed reads, {CLERKS} people uploading, {READERS} reading",
        f"{CLERKS} 人同时上传、{READERS} 人看数时，不对的状态和失败的读取",
        len(wrong),
        "",
        limit=0,
        detail=f"{CLERKS * FILES} 份上传，从送出到入库中位 {waits.median():.1f} s；读页面 {len(busy.seconds)} 次",
    )
    yield Measure(
        "uploads_slower",
        "p95 of reads meanwhile, as a multiple of idle",
        "同时读页面的 p95，与没有上传时相比",
        busy.quantile(0.95) / quiet.quantile(0.95),
        "倍",
        limit=RATIO,
        detail=f"平时 {1000 * quiet.quantile(0.95):.0f} ms，上传时 {1000 * busy.quantile(0.95):.0f} ms",
    )
