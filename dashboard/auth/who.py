"""Who is asking in this request. This module must not know how they signed in."""

from __future__ import annotations

from flask import g, has_request_context

from analytics.operations.people import NOBODY, VISITOR, Person


def current_person() -> Person:
    """Return who is asking; outside a request (a warm-up, a test of a page) it is a visitor."""
    if not has_request_context():
        return VISITOR
    found = g.get("person", NOBODY)
    assert isinstance(found, Person)  # noqa: S101 - only the gate sets it
    return found
