"""Files sent through the browser."""

from __future__ import annotations

from alembic import op

from analytics.operations.migrations import statements

revision = "0003_views"
down_revision = "0002_tasks"


def upgrade() -> None:
    """Run the step's statements."""
    for statement in statements(revision, op.get_bind().dialect.name):
        op.execute(statement)
