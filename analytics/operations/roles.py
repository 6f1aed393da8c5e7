"""The roles and what each may do, read from ``roles.yaml``. This module must not know who has which role."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any, cast

import yaml
from pydantic import BaseModel, ConfigDict


class Role(BaseModel):
    """One role: its id, its Chinese name, the actions it allows, a sentence about it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: str
    may: frozenset[str]
    about: str


@cache
def roles() -> dict[str, Role]:
    """Return the roles by id, in the order of the declaration (read once a process)."""
    found = [Role.model_validate(entry) for entry in _declared()["roles"]]
    return {role.id: role for role in found}


@cache
def acts() -> dict[str, str]:
    """Return what the audit calls each act, in Chinese."""
    return dict(_declared()["acts"])


def _declared() -> dict[str, Any]:
    text = resources.files(__package__).joinpath("roles.yaml").read_text(encoding="utf-8")
    return cast("dict[str, Any]", yaml.safe_load(text))


@cache
def actions() -> frozenset[str]:
    """Return every action that some role allows."""
    return frozenset().union(*(role.may for role in roles().values()))


def find_role(word: str) -> Role | None:
    """Return the role that ``word`` names, by id or by Chinese name."""
    return next((role for role in roles().values() if word.strip() in {role.id, role.name}), None)


def names(ids: Iterable[str]) -> str:
    """Return the Chinese names of roles, in the order of the declaration."""
    held = set(ids)
    return "、".join(role.name for role in roles().values() if role.id in held)
