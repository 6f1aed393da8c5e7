"""The doctor's look at the operations database: does it open, and is the chain of the audit whole?

Changes nothing. Must not know what the audit's lines mean.
"""

from __future__ import annotations

from analytics.operations import audit, database
from analytics.settings import Settings
from analytics.warehouse.check import Check


def check(settings: Settings, noted: str | None = None) -> list[Check]:
    """Look at the audit; nothing is said where there never was any.

    Args:
        settings: Where the operations database is.
        noted: The beginning of a last hash that was printed before and kept elsewhere: it must still stand there.
    """
    if not database.exists(settings):
        return [] if noted is None else [Check("audit", "error", f"没有审计记录，也就没有记下的校验值 {noted}。")]
    try:
        chain = audit.verify(settings)
    except database.OperationsError as error:
        return [Check("audit", "error", str(error))]
    if chain.broken_at is not None:
        hint = "请保留现场，与备份中的 operations.sqlite 核对，并报告系统管理员。"
        return [Check("audit", "error", f"审计记录的链条在第 {chain.broken_at} 条断开：{chain.problem}。{hint}")]
    if noted is not None and not audit.stands(settings, noted):
        told = f"记下的校验值 {noted} 不在审计记录里：末尾的记录被删去过，或整条链被重写过。"
        return [Check("audit", "error", f"{told}请保留现场，与备份核对。")]
    mark = f"，末条校验值 {chain.head[:12]}" if chain.head else ""
    return [Check("audit", "ok", f"审计记录 {chain.lines} 条，首尾相连{mark}。")]
