"""What the server tells those who run it: counters for Prometheus, and log lines as JSON.

Nothing in either names a person or a value: endpoints by their names, never addresses as typed; errors by their kind
and place, never their message. This module must not know what an endpoint does.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import re
import secrets
import sys
import time
import traceback

from flask import Flask, Response, abort, g, request

from analytics.settings import Settings
from analytics.warehouse import publish
from dashboard.auth.needs import ANYBODY, needs
from dashboard.auth.visiting import is_loopback

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Where the workers of one server keep their counters; set before any of them starts."""
log = logging.getLogger("taizhang.requests")


class JsonLines(logging.Formatter):
    """Log lines as JSON: when, how grave, from where in the code, and of an error its kind and where it happened."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        told: dict[str, object] = {
            "at": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            "event": _event(record),
            "process": record.process,
        }
        request_ = getattr(record, "request", None)
        if isinstance(request_, dict):
            told |= request_
        if record.exc_info and record.exc_info[0] is not None:
            told["error"] = record.exc_info[0].__name__
            frames = traceback.extract_tb(record.exc_info[2])
            told["place"] = [f"{os.path.basename(one.filename)}:{one.lineno} {one.name}" for one in frames]  # noqa: PTH119
        return json.dumps(told, ensure_ascii=False)


def _event(record: logging.LogRecord) -> str:
    """Return a line's text with its values left out: they may be somebody's."""
    if not isinstance(record.msg, str):
        return type(record.msg).__name__
    if record.name.startswith("gunicorn"):
        # The server puts what was typed into the text itself, after a sign.
        return re.split(r"[=:'\"\[(]", record.msg)[0].strip()
    return record.msg


def log_as_json() -> None:
    """Send the log of this process to standard error as JSON, and the server's own log with it."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # It says at every start which parts of it were set up.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    for name in ("gunicorn.error", "gunicorn.access"):
        server = logging.getLogger(name)
        server.handlers[:] = []
        server.propagate = True
        server.setLevel(logging.WARNING)


def monitor(server: Flask, settings: Settings) -> None:
    """Count and time the requests, and answer Prometheus at ``/metrics``."""
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    # A registry of the application's own: several may be made in one process.
    own = CollectorRegistry()
    answered = Counter("taizhang_requests", "Requests answered", ["endpoint", "method", "status"], registry=own)
    took = Histogram("taizhang_request_seconds", "Time a request took", ["endpoint"], registry=own)

    def begin() -> None:
        g.begun = time.perf_counter()
        g.request_id = secrets.token_hex(6)

    def finish(response: Response) -> Response:
        seconds = time.perf_counter() - g.get("begun", time.perf_counter())
        endpoint = request.endpoint or "none"
        method = request.method if request.method in {"GET", "HEAD", "POST", "OPTIONS"} else "other"
        answered.labels(endpoint, method, str(response.status_code)).inc()
        took.labels(endpoint).observe(seconds)
        if settings.log_requests:
            told = {
                "endpoint": endpoint,
                "method": method,
                "status": response.status_code,
                "ms": round(seconds * 1000, 1),
                "request": g.get("request_id"),
            }
            log.info("request", extra={"request": told})
        return response

    # First of all, so that what the gate turns away is counted too.
    server.before_request_funcs.setdefault(None, []).insert(0, begin)
    server.after_request(finish)

    @server.get("/metrics")
    @needs(ANYBODY)
    def metrics() -> Response:
        if not _may_read(settings):
            abort(403)
        registry = own
        if os.environ.get(FOLDER):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        version = publish.current_id(settings)
        text = generate_latest(registry).decode()
        text += (
            "# HELP taizhang_published Whether a version of the data is published.\n# TYPE taizhang_published gauge\n"
        )
        text += f"taizhang_published {int(version is not None)}\n"
        return Response(text, content_type=CONTENT_TYPE_LATEST)


def _may_read(settings: Settings) -> bool:
    """Let in this machine itself (no proxy in between), or whoever has the token."""
    if settings.metrics_token is not None:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return secrets.compare_digest(given.encode(), settings.metrics_token.get_secret_value().encode())
    forwarded = any(header in request.headers for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP"))
    return is_loopback(request.remote_addr or "") and not forwarded
