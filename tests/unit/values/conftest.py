"""Columns and surroundings that the tests of values share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from analytics.etl.values import Context, Parsed, parse
from analytics.ledgers.model import Column

TODAY = dt.date(2025, 3, 1)


@pytest.fixture
def sheet_2024() -> Context:
    """A sheet whose title says 2024年7月."""
    return Context(today=TODAY, year=2024, year_source="表头标题", month=7)


@pytest.fixture
def bare_sheet() -> Context:
    """A sheet that says neither year nor month."""
    return Context(today=TODAY)


def _column(kind: str, **more: Any) -> Column:
    return Column.model_validate({"name": "x", "label": "测试列", "type": kind, **more})


@pytest.fixture
def column() -> Callable[..., Column]:
    return _column


@pytest.fixture
def codes() -> Callable[[Parsed], list[str]]:
    return lambda parsed: [issue.code for issue in parsed.issues]


@pytest.fixture
def read(sheet_2024: Context) -> Callable[..., Parsed]:
    """Parse one cell of a column of the given type in the 2024 sheet."""

    def run(kind: str, raw: Any, *, context: Context | None = None, percent_cell: bool = False, **more: Any) -> Parsed:
        return parse(_column(kind, **more), raw, context or sheet_2024, percent_cell)

    return run
