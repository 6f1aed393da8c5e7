"""Whether somebody may look around without signing in.

Only on this machine itself (bound to a loopback address, asked for by a loopback name, no proxy in between), and only
while nobody has an account yet or the data folder holds the demo. This module must not know what a visitor may see.
"""

from __future__ import annotations

import ipaddress
import time

from flask import Request

from analytics.operations import accounts
from analytics.settings import Settings

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})
_SURE_SECONDS = 2.0
"""How long an answer about accounts is good for; once there is an account, it stays known."""


def is_loopback(host: str) -> bool:
    """Return whether ``host`` is this machine alone."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


class Visiting:
    """Knows whether visiting is allowed; one for the application."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._local = is_loopback(settings.host) and settings.proxies == 0
        self._peopled = False
        self._asked = 0.0

    def peopled(self) -> bool:
        """Return whether anybody has an account."""
        if not self._peopled and time.monotonic() - self._asked > _SURE_SECONDS:
            self._peopled = accounts.any_account(self._settings)
            self._asked = time.monotonic()
        return self._peopled

    def allowed(self, request: Request) -> bool:
        """Return whether this request may look around."""
        name = request.host.rsplit(":", 1)[0] if not request.host.endswith("]") else request.host
        forwarded = any(header in request.headers for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP"))
        if not self._local or forwarded or name not in LOOPBACK_NAMES:
            return False
        return self._settings.demo or not self.peopled()
