"""Text that is JSON already goes into one of Dash's answers as it is.

A callback returns a place for it, which Dash writes like any other word; before the answer leaves, each place gets its
text. So what is written once is sent often without being written again. This module must not know what the text says.
"""

from __future__ import annotations

import re
import secrets

from flask import Flask, Response, g

_PLACE = secrets.token_hex(12)
"""Nobody outside this process knows it, so nothing but a callback can make a place."""
_PLACES = re.compile(rf'"{_PLACE}-(\d+)"')


def ready(text: str) -> str:
    """Return a place for a text that is JSON, to be returned by a callback instead of the value it says."""
    texts: list[str] = g.setdefault(_PLACE, [])
    texts.append(text)
    return f"{_PLACE}-{len(texts) - 1}"


def serve_ready(server: Flask) -> None:
    """Put the texts into the answers; call it before anything that packs them."""

    @server.after_request
    def fill(response: Response) -> Response:
        texts: list[str] = g.pop(_PLACE, [])
        if texts:
            response.set_data(_PLACES.sub(lambda place: texts[int(place[1])], response.get_data(as_text=True)))
        return response
