"""``python -m dashboard``: serves the dashboard. ``taizhang serve`` calls this; nothing else happens here."""

from __future__ import annotations

import argparse
import sys

from analytics.settings import Settings
from dashboard.server import run


def main() -> int:
    """Read the options and serve; the data folder and the rest come from the settings."""
    parser = argparse.ArgumentParser(prog="taizhang serve", description="打开看板，一直运行到按 Ctrl+C。")
    parser.add_argument("--host", help="监听的地址（默认 127.0.0.1，只有本机能打开）")
    parser.add_argument("--port", type=int, help="端口（默认 8050）")
    parser.add_argument("--workers", type=int, help="工作进程数（默认随处理器，2 到 4）")
    given = parser.parse_args()
    return run(Settings(), given.host, given.port, given.workers)


if __name__ == "__main__":
    sys.exit(main())
