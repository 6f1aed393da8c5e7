"""Serves the dashboard to whoever a cookie says is asking: ``python desk_server.py DATA PORT``."""

from __future__ import annotations

import sys
from pathlib import Path

from desk_kit import CLERK, STEWARD
from flask import request
from werkzeug.serving import run_simple

from analytics.settings import Settings
from dashboard.app import create_app
from dashboard.auth.gate import Gate

if __name__ == "__main__":
    Gate._who = lambda _: STEWARD if request.cookies.get("who") == STEWARD.login else CLERK  # type: ignore[method-assign]
    run_simple("127.0.0.1", int(sys.argv[2]), create_app(Settings(data=Path(sys.argv[1]))).server, threaded=True)
