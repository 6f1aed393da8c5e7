"""Views of the dashboard that a person keeps by name: an address each, in the operations database.

This module must not know what an address means; it only holds it to be one of the dashboard's own.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from analytics.operations.database import session
from analytics.settings import Settings

AT_MOST = 50
LONGEST_NAME = 40
LONGEST_ADDRESS = 2000


class ViewError(Exception):
    """A view cannot be kept; says in Chinese why and what to do."""


@dataclass(frozen=True, slots=True)
class View:
    """One kept view."""

    name: str
    address: str

    def to_json(self) -> dict[str, str]:
        """Return it as the browser takes it."""
        return {"name": self.name, "address": self.address}


def kept(settings: Settings, person_id: str) -> list[View]:
    """Return a person's views, the ones kept first at the head."""
    query = text("SELECT name, address FROM views WHERE person_id = :person ORDER BY kept_at, name")
    with session(settings) as found:
        return [View(name, address) for name, address in found.execute(query, {"person": person_id})]


def keep(settings: Settings, person_id: str, name: Any, address: Any) -> View:
    """Keep a view under a name; one of the same name is replaced.

    Raises:
        ViewError: The name or the address cannot be used, or there are too many views.
    """
    view = View(_name(name), _address(address))
    given = {"person": person_id, "name": view.name, "address": view.address}
    given["at"] = dt.datetime.now(dt.UTC).isoformat(timespec="microseconds")
    with session(settings) as found:
        count = found.execute(
            text("SELECT COUNT(*) FROM views WHERE person_id = :person AND name <> :name"), given
        ).scalar_one()
        if count >= AT_MOST:
            raise ViewError(f"最多保存 {AT_MOST} 个视图，请先删除不用的。")
        found.execute(
            text(
                "INSERT INTO views (person_id, name, address, kept_at) VALUES (:person, :name, :address, :at) "
                "ON CONFLICT (person_id, name) DO UPDATE SET address = excluded.address"
            ),
            given,
        )
    return view


def drop(settings: Settings, person_id: str, name: Any) -> None:
    """Drop a person's view; nothing happens where there is none of this name."""
    with session(settings) as found:
        found.execute(
            text("DELETE FROM views WHERE person_id = :person AND name = :name"),
            {"person": person_id, "name": str(name)},
        )


def _name(given: Any) -> str:
    name = given.strip() if isinstance(given, str) else ""
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise ViewError(f"视图名称要写 1 到 {LONGEST_NAME} 个字。")
    return name


def _address(given: Any) -> str:
    address = given if isinstance(given, str) else ""
    # Two slashes would lead to another host.
    own = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    if not own or len(address) > LONGEST_ADDRESS:
        raise ViewError("只能保存看板自己的页面，请在要保存的页面上重试。")
    return address
