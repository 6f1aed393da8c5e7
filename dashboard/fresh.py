"""Fresh at once: a newly published version is noticed, made ready, and then told to the open pages.

A page asks ``/fresh`` now and then, which reads one short file and answers with the version's id; a page that shows
another one asks for its screen again. This module must not know what a screen shows.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from flask import Flask, Response, jsonify

from dashboard.auth.needs import SIGNED_IN, needs
from dashboard.source import Source

log = logging.getLogger(__name__)

LOOKED_EVERY = 1.0
"""Seconds between two looks at the pointer, in each process that serves."""
ADDRESS = "/fresh"


class Watcher:
    """A thread that gets each newly published version ready before the open pages are told of it."""

    def __init__(self, source: Source, warm: Callable[[], None], *, every: float = LOOKED_EVERY) -> None:
        self._source = source
        self._warm = warm
        self._every = every
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._ready: str | None = None

    @property
    def told(self) -> str | None:
        """The version to tell pages of: the newest one ready; without a thread to make it ready, the newest."""
        return self._ready if self._thread is not None else self._source.newest_id()

    def start(self) -> None:
        """Make the version of now ready, then watch for the next one."""
        self._look()
        self._thread = threading.Thread(target=self._watch, name="fresh", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the watching, and wait for its end: a thread inside DuckDB must not see its process go."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=15)

    def _watch(self) -> None:
        while not self._stop.wait(self._every):
            self._look()

    def _look(self) -> None:
        try:
            newest = self._source.newest_id()
            if newest != self._ready:
                self._warm()
                self._ready = newest
        except Exception:
            # What fails here fails again on a screen, which then says so in words; the next look tries again.
            log.exception("getting a new version ready failed")


def serve_freshness(server: Flask, watcher: Watcher) -> None:
    """Answer pages that ask whether what they show is still the newest."""

    @server.get(ADDRESS)
    @needs(SIGNED_IN)
    def fresh() -> Response:
        answer = jsonify(version=watcher.told)
        answer.headers["Cache-Control"] = "no-store"
        return answer
