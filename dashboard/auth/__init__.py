"""Who may see what."""

from __future__ import annotations

from dataclasses import dataclass

from analytics.ledgers import ledgers


@dataclass(frozen=True)
class Visitor:
    """Somebody on this machine who has not signed in: reads, and sees no discipline ledger."""

    def may(self, action: str) -> bool:
        """Return whether ``action`` is allowed: reading is."""
        return action == "read"

    def sees_ledger(self, name: str) -> bool:
        """Return whether figures of the ledger ``name`` may be seen."""
        return not ledgers()[name].restricted


def current_reader() -> Visitor:
    """Return who asks."""
    return Visitor()
