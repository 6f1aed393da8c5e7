"""What an endpoint or a callback needs of whoever calls it, said where it is written.

    @server.get("/export")
    @needs("export")
    def export(): ...

    app.callback(Output(...), Input(...))(needs("read")(show))

What says nothing is refused to everybody: the gate fails closed. This module must not know people.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

ANYBODY = "anybody"
"""Open to those who are not signed in: health, the sign-in page, style sheets and scripts."""
SIGNED_IN = "signed in"
"""Open to everybody who is signed in, whatever their role, and to a visitor where visiting is allowed."""
ACCOUNT = "account"
"""Open to people with an account only, also before they changed their one-time password."""


def needs(what: str) -> Callable[[F], F]:
    """Declare what a view or callback needs: an action of ``roles.yaml``, or one of the words above."""

    def mark(function: F) -> F:
        function.needs = what  # type: ignore[attr-defined]
        return function

    return mark


def needed(function: Callable[..., Any] | None) -> str | None:
    """Return what a view or callback needs; ``None`` where it does not say."""
    found = getattr(function, "needs", None)
    return found if isinstance(found, str) else None
