"""What the ledgers are: one declaration a ledger, the model that reads them, and the geography."""

from analytics.ledgers.model import (
    Column,
    DeclarationError,
    Geography,
    Ledger,
    Rule,
    geography,
    ledgers,
    read_ledgers,
)

__all__ = ["Column", "DeclarationError", "Geography", "Ledger", "Rule", "geography", "ledgers", "read_ledgers"]
