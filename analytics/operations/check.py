"""The doctor's look at the operations database: does it open, and is the chain of the audit whole?

Changes nothing. Must not know what the audit's lines mean.
"""

from __future__ import annotations

from analytics.operations import audit, database
from analytics.settings import Settings
from analytics.warehouse.check import Check


def check(settings: Settings) -> list[Check]:
    """Look at the audit; nothing is said where there never was any."""
    if not database.exists(settings):
        return []
    try:
        chain = audit.verify(settings)
    except database.OperationsError as error:
        return [Check("audit", "error", str(error))]
    if chain.broken_at is not None:
        hint = "请保留现场，与备份中的 operations.sqlite 核对，并报告系统管理员。"
        return [Check("audit", "error", f"审计记录的链条在第 {chain.broken_at} 条断开：{chain.problem}。{hint}")]
    mark = f"，末条校验值 {chain.head[:12]}" if chain.head else ""
    return [Check("audit", "ok", f"审计记录 {chain.lines} 条，首尾相连{mark}。")]
