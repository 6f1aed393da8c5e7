"""Where somebody was who confirmed a file or took it back."""

from __future__ import annotations

from alembic import op

from analytics.operations.migrations import statements

revision = "0004_task_address"
down_revision = "0003_views"


def upgrade() -> None:
    """Run the step's statements."""
    for statement in statements(revision, op.get_bind().dialect.name):
        op.execute(statement)
