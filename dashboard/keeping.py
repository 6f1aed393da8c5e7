"""Views kept by name, for the script of the bar: a person's own on the server; visitors keep theirs in their browser.

This module must not know what a view shows.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, jsonify, request

from analytics.operations import views
from analytics.operations.people import Person
from analytics.settings import Settings
from dashboard.auth import current_person
from dashboard.auth.needs import SIGNED_IN, needs

ADDRESS = "/views"
OURS = "X-Requested-With"
"""A header that another site's page cannot send here, so that it cannot keep or drop views for its reader."""


def serve_views(server: Flask, settings: Settings) -> None:
    """Answer the script that lists, keeps and drops views."""

    @server.get(ADDRESS, endpoint="views")
    @needs(SIGNED_IN)
    def listed() -> Response:
        person = current_person()
        if not _keeps(person):
            return _said({"person": False, "views": []})
        found = [view.to_json() for view in views.kept(settings, person.id)]
        return _said({"person": True, "views": found})

    @server.route(ADDRESS, methods=["POST", "DELETE"], endpoint="keep_view")
    @needs("views")
    def changed() -> Response:
        person = current_person()
        if not _keeps(person) or OURS not in request.headers:
            return _said({"message": "登录后才能把视图保存在服务器上。"}, 403)
        given = request.get_json(silent=True)
        told: dict[str, Any] = given if isinstance(given, dict) else {}
        try:
            if request.method == "POST":
                views.keep(settings, person.id, told.get("name"), told.get("address"))
            else:
                views.drop(settings, person.id, told.get("name"))
        except views.ViewError as error:
            return _said({"message": str(error)}, 400)
        return _said({"person": True})


def _keeps(person: Person) -> bool:
    return not person.visitor and person.may("views")


def _said(told: dict[str, Any], status: int = 200) -> Response:
    answer = jsonify(told)
    answer.status_code = status
    answer.headers["Cache-Control"] = "no-store"
    return answer
