"""Pieces of a screen: what is painted anew on its own, while everything around it stays where it is.

A piece is any component that carries such an id. Pieces may stand inside pieces. This module must not know what is in
them, nor how they are compared (``dashboard.repaint``).
"""

from __future__ import annotations

KEY = "piece"


def piece(name: str) -> dict[str, str]:
    """Return the id that makes a component a piece.

    Args:
        name: Its name, unique on the page and the same whatever is asked for.
    """
    return {KEY: name}
