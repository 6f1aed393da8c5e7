"""Serving the dashboard with gunicorn, started from Python and speaking Chinese when it cannot.

This module must not know what is served beyond the application itself.
"""

from __future__ import annotations

import errno
import os
import shutil
import socket
import sys
import tempfile
from typing import Any

from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from analytics.settings import Settings
from dashboard.secret import secret_key


class _Application(BaseApplication):  # type: ignore[misc]
    """A gunicorn that gets its options from the caller, never from the command line or a file."""

    def __init__(self, settings: Settings, options: dict[str, Any]) -> None:
        self._settings = settings
        self._options = options
        super().__init__(prog="taizhang serve")

    def load_config(self) -> None:
        """Take the options."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Return the application, made anew in each worker.

        It is imported here and not above: DuckDB starts threads when it is imported, and a process forked after that
        dies of SIGABRT when it ends (seen with 1.5.6).
        """
        from dashboard.app import create_app
        from dashboard.monitoring import log_as_json

        log_as_json()
        return create_app(self._settings).server


def run(settings: Settings, host: str | None = None, port: int | None = None, workers: int | None = None) -> int:
    """Serve the dashboard until stopped.

    Args:
        settings: The one settings object.
        host: Address to listen on; the settings' own if not given.
        port: Port to listen on; the settings' own if not given.
        workers: Number of worker processes; by default one a processor, at least two, at most four.

    Returns:
        The exit code: 0 after a stop that was asked for, 1 if the address cannot be used.
    """
    host = settings.host if host is None else host
    port = settings.port if port is None else port
    if problem := address_problem(host, port):
        sys.stderr.write(problem + "\n")
        return 1
    # Where it listens decides who may look around; one key serves all workers.
    settings = settings.model_copy(update={"host": host, "port": port})
    settings = settings.model_copy(update={"secret_key": secret_key(settings)})

    def announce(_: Any) -> None:
        sys.stdout.write(f"看板已启动：http://{_shown(host)}:{port}/（按 Ctrl+C 停止）\n")
        sys.stdout.flush()

    def warm(worker: Any) -> None:
        # The first visitor should not wait for what every visitor needs, nor the first one after a publication.
        from dashboard.app import WATCHER

        # A thread that gets a version ready gives way to one that answers five times sooner than it would.
        sys.setswitchinterval(0.001)
        worker.wsgi.extensions[WATCHER].start()

    def rest(_: Any, worker: Any) -> None:
        from dashboard.app import WATCHER

        # A worker that never got its application has nothing to end.
        if getattr(worker, "wsgi", None) is not None:
            worker.wsgi.extensions[WATCHER].stop()

    options = {
        "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "workers": workers or max(2, min(4, os.cpu_count() or 2)),
        # Some wait for the disk while a workbook is taken in; who only looks must not wait for them.
        "threads": 8,
        "worker_class": "gthread",
        # Workers live as long as the server does.
        "preload_app": False,
        "max_requests": 0,
        "graceful_timeout": 20,
        "timeout": 60,
        "keepalive": 5,
        "loglevel": "warning",
        "control_socket_disable": True,
        "when_ready": announce,
        "post_worker_init": warm,
        "worker_exit": rest,
    }
    # Each worker counts in files of its own; whoever answers /metrics adds them up.
    counters, master = tempfile.mkdtemp(prefix="taizhang-metrics-"), os.getpid()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = counters
    try:
        _Application(settings, options).run()
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0
    finally:
        # A worker that ends comes by here too.
        if os.getpid() == master:
            shutil.rmtree(counters, ignore_errors=True)
    return 0


def address_problem(host: str, port: int) -> str | None:
    """Return in words why ``host`` and ``port`` cannot be listened on, or ``None`` if they can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            another = f"taizhang serve --port {port + 1}"
            return f"端口 {port} 已被占用，看板没有启动。请先停掉占用它的程序，或换一个端口：{another}"
        if error.errno == errno.EACCES:
            return f"没有使用端口 {port} 的权限，看板没有启动。请换一个 1024 以上的端口，例如 --port 8050。"
        return f"不能在地址 {host} 上启动看板：请检查 --host 是否写对（本机请用 127.0.0.1）。"
    return None


def _shown(host: str) -> str:
    """Return ``host`` as one types it into a browser."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
