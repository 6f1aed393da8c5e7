"""People: who may sign in, which roles they have, and which counties and ledgers they are limited to.

This module must not know passwords' rules (``passwords``), sessions (``sessions``) or pages.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from analytics.ledgers.model import ledgers
from analytics.metrics.scope import Scope
from analytics.operations.roles import roles


@dataclass(frozen=True, slots=True)
class Person:
    """One person, as pages and endpoints ask about them.

    Attributes:
        id: Never changes.
        login: The name typed at sign-in.
        name: The name shown.
        roles: Ids of roles (``leader`` …).
        counties: Names of the counties they are limited to; ``None`` for all.
        ledgers: Ids of the ledgers they are limited to; ``None`` for all.
        discipline: The own grant that discipline ledgers need.
        visitor: Nobody signed in, but looking around is allowed here.
        must_change: Only the password page is open to them.
    """

    id: str
    login: str
    name: str
    roles: frozenset[str] = frozenset()
    counties: frozenset[str] | None = None
    ledgers: frozenset[str] | None = None
    discipline: bool = False
    visitor: bool = False
    must_change: bool = False
    enabled: bool = field(default=True)

    def may(self, action: str) -> bool:
        """Return whether some role of theirs allows ``action`` (see ``roles.yaml``)."""
        if self.visitor and action not in {"read", "records", "export"}:
            return False
        known = roles()
        return any(action in known[role].may for role in self.roles if role in known)

    def sees_ledger(self, name: str) -> bool:
        """Return whether a ledger is theirs to see; discipline ledgers need the own grant."""
        declared = ledgers().get(name)
        if declared is None or not self.may("read"):
            return False
        return self.scope.sees_ledger(name) and (self.discipline or not declared.restricted)

    def owns(self, created_by: str) -> bool:
        """Return whether what the login ``created_by`` made is theirs; a visitor owns nothing."""
        return bool(self.login) and not self.visitor and created_by == self.login

    @property
    def scope(self) -> Scope:
        """What their questions may see."""
        return Scope(self.counties, self.ledgers, self.discipline)


VISITOR = Person(id="visitor", login="", name="访客", roles=frozenset({"leader"}), visitor=True)
"""Whoever looks around without signing in, where that is allowed."""
NOBODY = Person(id="", login="", name="")
"""Nobody: may do nothing."""
