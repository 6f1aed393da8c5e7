"""The tables of the operations database as SQLAlchemy sees them. The steps in ``migrations`` make them.

Times are ISO 8601 texts in UTC, so that both databases keep and compare them alike.
"""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """The base of all tables."""


class Account(Base):
    """A person who may sign in; lists are JSON texts, null where there is no limit."""

    __tablename__ = "people"

    id: Mapped[str] = mapped_column(primary_key=True)
    login: Mapped[str]
    name: Mapped[str]
    password: Mapped[str | None]
    subject: Mapped[str | None]
    roles: Mapped[str]
    counties: Mapped[str | None]
    ledgers: Mapped[str | None]
    discipline: Mapped[int] = mapped_column(default=0)
    enabled: Mapped[int] = mapped_column(default=1)
    must_change: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[str | None]
    created_at: Mapped[str]
    changed_at: Mapped[str]
    seen_at: Mapped[str | None]


class SignedIn(Base):
    """A session; ``token`` is the hash of what the browser holds."""

    __tablename__ = "sessions"

    token: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[str]
    seen_at: Mapped[str]
