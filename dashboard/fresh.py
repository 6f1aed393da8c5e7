"""Fresh at once: a newly published version is noticed, made ready, and then told to the open pages.

A page asks ``/fresh`` now and then, which reads one short file and answers with the version's id; a page that shows
another one asks for its screen again. This module must not know what a screen shows.
"""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator

from flask import Flask, Response, jsonify

from dashboard.auth.needs import SIGNED_IN, needs
from dashboard.source import Source

log = logging.getLogger(__name__)

LOOKED_EVERY = 1.0
"""Seconds between two looks at the pointer, in each process that serves."""
PAUSE = 0.15
"""Seconds between two pieces of what is asked ahead."""
APART = 30.0
"""Seconds between two versions that are made ready while people upload: each is asked anew all that is looked at."""
QUIET = 1.0
"""Seconds without a click before anything is asked ahead."""
ADDRESS = "/fresh"
_COLLECTED = (2_000, 10, 500)
"""New objects before the youngest are looked through, and how many such rounds before the older ones, and all, are."""


class Watcher:
    """A thread that gets each newly published version ready before the open pages are told of it."""

    def __init__(
        self,
        source: Source,
        warm: Callable[[], None],
        ahead: Callable[[], Iterable[Callable[[], None]]] = tuple,
        *,
        busy: Callable[[], bool] = lambda: False,
        every: float = LOOKED_EVERY,
        apart: float = APART,
    ) -> None:
        """Make a watcher.

        Args:
            source: The published data.
            warm: Makes the newest version ready; pages are told of it after that.
            ahead: Gives what is worth asking before anybody does, one short piece of work each.
            busy: Tells whether people are uploading: then versions follow each other closely, and screens are answered
                by the one that is ready until the next one is. Otherwise a new version answers at once.
            every: Seconds between two looks.
            apart: Seconds between two versions that are made ready while people upload.
        """
        self._source = source
        self._warm = warm
        self._ahead = ahead
        self._left: Iterator[Callable[[], None]] = iter(())
        self._busy = busy
        self._every = every
        self._apart = apart
        self._turned = float("-inf")
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
            # A little at a time, so that who is clicking now does not wait for it.
            until = time.monotonic() + self._every
            while time.monotonic() < until and not self._stop.wait(PAUSE):
                # Who is clicking now goes first.
                if time.monotonic() - self._source.asked_at > QUIET and not self._ask_ahead():
                    break

    def _ask_ahead(self) -> bool:
        """Do one piece of what is asked ahead; return whether there was one."""
        piece = next(self._left, None)
        if piece is None:
            return False
        try:
            piece()
        except Exception:
            log.exception("asking ahead failed")
        return True

    def _look(self) -> None:
        try:
            newest, busy = self._source.newest_id(), self._busy()
            soon = busy and time.monotonic() < self._turned + self._apart
            if newest != self._ready and not soon:
                self._warm()
                if not busy:
                    settle()
                self._ready, self._turned = newest, time.monotonic()
                self._left = iter(self._ahead())
            if busy:
                # Another version is near: nobody would come to what is asked ahead of this one.
                self._left = iter(())
            self._source.held = self._ready if busy else None
        except Exception:
            self._source.held = None
            # What fails here fails again on a screen, which then says so in words; the next look tries again.
            log.exception("getting a new version ready failed")


def settle() -> None:
    """Tell the collector of garbage that what is there now is there to stay, and to look through the rest seldom.

    Else it goes through the metrics, the libraries and every remembered screen once in a dozen screens, and who is
    clicking just then waits a third of a second for it. Little is left to collect: what a screen leaves behind is
    mostly gone without it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECTED)


def serve_freshness(server: Flask, watcher: Watcher) -> None:
    """Answer pages that ask whether what they show is still the newest."""

    @server.get(ADDRESS)
    @needs(SIGNED_IN)
    def fresh() -> Response:
        answer = jsonify(version=watcher.told)
        answer.headers["Cache-Control"] = "no-store"
        return answer
