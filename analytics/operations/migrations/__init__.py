"""The numbered steps of the operations database: one ``.sql`` a step, run by Alembic (or at once for a new file).

A new table is a new ``NNNN_name.sql`` in ``versions`` with a ``.py`` of the same name beside it that says which step
it follows; see ``0001_people``. Blocks that only one database understands stand under ``-- sqlite`` or
``-- postgresql``. This package must not know what the tables are for.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

DIALECTS = ("sqlite", "postgresql")


@cache
def steps() -> tuple[str, ...]:
    """Return the names of the steps in order."""
    folder = resources.files(__package__).joinpath("versions")
    return tuple(sorted(entry.name.removesuffix(".sql") for entry in folder.iterdir() if entry.name.endswith(".sql")))


def statements(step: str, dialect: str) -> list[str]:
    """Return the statements of a step for one database."""
    text = resources.files(__package__).joinpath("versions", f"{step}.sql").read_text(encoding="utf-8")
    lines: list[str] = []
    wanted = True
    for line in text.splitlines():
        if line.removeprefix("-- ") in DIALECTS:
            wanted = line == f"-- {dialect}"
        elif wanted and not line.startswith("--"):
            lines.append(line)
    found: list[str] = []
    held: list[str] = []
    for line in lines:
        if line.strip():
            held.append(line)
        # The body of a trigger or function has semicolons of its own, but ends its line with END.
        if line.endswith(";") and ("BEGIN" not in "\n".join(held) or line.endswith(("END;", "END';"))):
            found.append("\n".join(held).removesuffix(";"))
            held = []
    if held:
        raise ValueError(f"{step}: no end to {held[0]}")
    return found
