"""Keeps pandas and numpy out of processes of our own that can do without. Knows nothing of what they do."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

_LEFT_OUT = frozenset({"numpy", "pandas"})


class _Without(MetaPathFinder):
    """Knows the modules that are left out, and refuses them."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 - the base class's signature
        target: ModuleType | None = None,  # noqa: ARG002 - the base class's signature
    ) -> ModuleSpec | None:
        """Refuse what is left out, know nothing of others."""
        if fullname in _LEFT_OUT:
            raise ModuleNotFoundError(f"this process does without {fullname}", name=fullname)
        return None


def leave_pandas_out() -> None:
    """Keep pandas and numpy out of this process: Arrow would import both, for nothing.

    Arrow does without either; they cost up to half a second and 60 MB. Only for a process of our own; inside another
    program they are that program's.
    """
    sys.meta_path.insert(0, _Without())
