"""Who may see what, put where the SQL is run: a scoped question is asked of views that hold nothing else.

A scope limits counties and ledgers. Every query of a scoped question runs on a connection whose names are views over
the version's own, limited to the scope; the compiled text stays the same, and a query that forgot the scope could not
be written. This module must not know people or roles.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """What a question may see.

    Attributes:
        counties: Names of counties (``渭滨区``); ``None`` for all.
        ledgers: Ids of ledgers; ``None`` for all.
        discipline: Whether discipline ledgers may be asked (as city totals; see ``discipline``).
    """

    counties: frozenset[str] | None = None
    ledgers: frozenset[str] | None = None
    discipline: bool = False

    @property
    def whole(self) -> bool:
        """Whether nothing is left out but the discipline ledgers."""
        return self.counties is None and self.ledgers is None

    def sees_ledger(self, ledger: str) -> bool:
        """Return whether a ledger is within the scope; of discipline ledgers see ``Person.sees_ledger``."""
        return self.ledgers is None or ledger in self.ledgers

    def sees_county(self, county: str | None) -> bool:
        """Return whether a county, by name, is within the scope; ``None`` is the whole city."""
        return self.counties is None or county in self.counties


EVERYTHING = Scope(discipline=True)
"""What whoever has the data folder itself may see."""
