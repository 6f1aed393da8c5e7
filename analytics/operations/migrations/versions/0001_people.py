"""People, sessions, limits, audit."""

from __future__ import annotations

from alembic import op

from analytics.operations.migrations import statements

revision = "0001_people"
down_revision = None


def upgrade() -> None:
    """Run the step's statements."""
    for statement in statements(revision, op.get_bind().dialect.name):
        op.execute(statement)
