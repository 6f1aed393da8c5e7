"""How grave something is that was found in a workbook: one list of words for declarations, rules and findings."""

from __future__ import annotations

from typing import Literal

Severity = Literal["error", "warning", "info"]
