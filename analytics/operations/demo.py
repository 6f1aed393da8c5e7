"""One account a role for the demo, each with a one-time password. Never where anybody has an account already."""

from __future__ import annotations

from analytics.ledgers.model import geography
from analytics.operations import accounts
from analytics.operations.roles import roles
from analytics.settings import Settings


def demo_accounts(settings: Settings, *, by: str) -> list[dict[str, str]]:
    """Make the accounts and return login, role, scope and one-time password of each; none where there are some."""
    if accounts.everyone(settings):
        return []
    county = next(place.name for place in geography().counties if place.ranked)
    found = []
    for role in roles().values():
        # Whoever sends workbooks belongs to a county; the others look at the whole city.
        limited = "upload" in role.may and "original" not in role.may
        password = accounts.add(
            settings,
            login=role.id,
            name=f"演示{role.name}",
            roles=[role.id],
            counties=[county] if limited else None,
            by=by,
        )
        scope = county if limited else "全市" if "read" in role.may else "—"
        found.append({"login": role.id, "role": role.name, "scope": scope, "password": password})
    return found
