"""Scripts and style sheets leave the server packed once and tightly, not anew and loosely for every visitor.

They are most of a first load and never change while the server runs. This module must not know what they hold.
"""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable

import brotli  # type: ignore[import-untyped]  # comes with what packs Dash's answers
from flask import Flask, Response, request

ROOTS = ("/assets/", "/_dash-component-suites/")
QUALITY = 9
"""Of brotli, up to 11: a worker's first visitor waits a fifth of a second; 11 would take ten for a tenth less."""
WAYS: dict[str, Callable[[bytes], bytes]] = {
    "br": lambda plain: bytes(brotli.compress(plain, quality=QUALITY)),
    "gzip": gzip.compress,
}
"""How files are packed, the tightest first."""
SMALLEST = 500
"""Bytes below which packing gains nothing."""
MOST = 64
"""Files kept."""
KINDS = frozenset({"text/css", "text/javascript", "application/javascript", "image/svg+xml"})


class Packed:
    """The packed forms of the files served, by address; safe between threads."""

    def __init__(self, server: Flask) -> None:
        self._kept: dict[str, bytes] = {}
        self._lock = threading.Lock()
        server.after_request(self._finish)

    def _finish(self, response: Response) -> Response:
        way = request.accept_encodings.best_match(tuple(WAYS))
        if (
            request.method != "GET"
            or response.status_code != 200
            or response.mimetype not in KINDS
            or "Content-Encoding" in response.headers
            or way is None
            or not request.path.startswith(ROOTS)
        ):
            return response
        key = f"{way};{request.path};{response.headers.get('ETag', '')}"
        with self._lock:
            packed = self._kept.get(key)
        if packed is None:
            response.direct_passthrough = False
            plain = response.get_data()
            if len(plain) < SMALLEST:
                return response
            packed = WAYS[way](plain)
            with self._lock:
                # Nobody fills the memory by asking for the same file under many names.
                if len(self._kept) < MOST:
                    self._kept[key] = packed
        response.direct_passthrough = False
        file = response.response
        if hasattr(file, "close"):
            file.close()
        response.set_data(packed)
        response.headers["Content-Encoding"] = way
        response.headers["Content-Length"] = str(len(packed))
        response.vary.add("Accept-Encoding")
        return response
