"""Keeps pandas out of processes of our own that can do without it. Knows nothing of what they do."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


class _WithoutPandas(MetaPathFinder):
    """Knows one module: pandas, which it refuses."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 - the base class's signature
        target: ModuleType | None = None,  # noqa: ARG002 - the base class's signature
    ) -> ModuleSpec | None:
        """Refuse the one module, know nothing of others."""
        if fullname == "pandas":
            raise ModuleNotFoundError("this process does without pandas", name="pandas")
        return None


def leave_pandas_out() -> None:
    """Keep pandas out of this process: Arrow would import it at its first list, for nothing.

    It costs up to half a second and 40 MB. Only for a process of our own; inside another program pandas is that
    program's.
    """
    sys.meta_path.insert(0, _WithoutPandas())
