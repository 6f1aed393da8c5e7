"""How often somebody may try: counted in the operations database, so that all workers count together.

Only what is worth guarding is counted (signing in, taking data out, sending workbooks), never ordinary looking. This
module must not know who is signed in.
"""

from __future__ import annotations

import time
from typing import Any, cast

from flask import Flask, request
from flask_limiter import Limiter
from limits import parse
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

from analytics.operations import counters
from analytics.operations.database import OperationsError
from analytics.settings import Settings

SIGN_IN = "30 per minute"
"""Attempts to sign in from one address; a single account is locked long before."""
BY_ACTION = {"export": "120 per minute", "upload": "600 per minute", "original": "120 per minute"}
"""What one person, or one address without a person, may do."""


class Shared(Storage):
    """Counters of the ``limits`` library in the operations database."""

    STORAGE_SCHEME = ["taizhang"]  # noqa: RUF012 - the library's way

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, *, settings: Settings, **_: Any) -> None:
        super().__init__(uri, wrap_exceptions)
        self._settings = settings

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        """What may go wrong."""
        return OperationsError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count and return how many there are in the window."""
        return counters.count(self._settings, key, expiry, amount)

    def get(self, key: str) -> int:
        """Return how many there are in the window."""
        return counters.counted(self._settings, key)[0]

    def get_expiry(self, key: str) -> float:
        """Return when the window ends, in seconds since the epoch."""
        return counters.counted(self._settings, key)[1] or time.time()

    def check(self) -> bool:
        """Return whether the counters can be reached."""
        counters.counted(self._settings, "")
        return True

    def reset(self) -> int | None:
        """Forget all counters."""
        return counters.forget(self._settings)

    def clear(self, key: str) -> None:
        """Forget one counter."""
        counters.forget(self._settings, key)


def make_limiter(server: Flask, settings: Settings) -> Limiter:
    """Return the limiter of the application: no limits but those that are asked for."""
    return Limiter(
        lambda: request.remote_addr or "",
        app=server,
        default_limits=[],
        storage_uri="taizhang://",
        storage_options=cast("dict[str, str | int]", {"settings": settings}),
        headers_enabled=False,
    )


def within(settings: Settings, action: str, whose: str) -> bool:
    """Count one act and return whether it is within what one person may do."""
    rate = BY_ACTION.get(action)
    if rate is None:
        return True
    return FixedWindowRateLimiter(Shared(settings=settings)).hit(parse(rate), action, whose)
