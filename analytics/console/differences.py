"""What loading a previewed file would change, as tables: old and new values, new records, records that would go.

Takes the plain dictionary that ``--json`` prints. This module must not know how changes are found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analytics.console.output import number, shorten, table

MOST = 30
"""Lines shown of each kind; ``--json`` and ``show`` have more."""
_SAID = 4
"""Values shown of a new or removed record: enough to know it by."""

Row = Mapping[str, Any]


def shown(value: Any) -> str:
    """Return one stored value in words."""
    if value is None:
        return "—"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Mapping):
        low, high = (number(value.get(part)) for part in ("low", "high"))
        return f"{value.get('raw')}（{low} 至 {high}）"
    # A year is a name, not a quantity.
    return str(value) if isinstance(value, int) and 1900 < value < 2200 else number(value)


def differences(file: Row, labels: Mapping[tuple[str, str], str]) -> str:
    """Return what one previewed file would change.

    Args:
        file: The file's report with its ``differences``.
        labels: Ledger and column to Chinese name.
    """
    found = file["differences"]
    sums = {
        kind: sum(count[kind] for count in found["counts"].values())
        for kind in ("new", "changed", "unchanged", "removed")
    }
    parts = [
        f"\n{file['file']}：新增 {sums['new']} 条，更正 {sums['changed']} 条，不变 {sums['unchanged']} 条，"
        f"删去 {sums['removed']} 条（只是预览，还没有导入）"
    ]
    if found["fields"]:
        rows = [
            (
                shorten(f"{one['sheet']} {one['cell'] or '第' + str(one['row']) + '行'}", 28),
                labels.get((one["ledger"], one["field"]), one["field"]),
                shorten(shown(one["old"]), 36),
                shorten(shown(one["new"]), 36),
            )
            for one in found["fields"][:MOST]
        ]
        parts += ["\n更正的内容", table(("位置", "列", "原来", "改为"), rows), *_rest(found["fields"])]
    for kind, title in (("new", "新增的记录"), ("removed", "删去的记录")):
        if found[kind]:
            lines = [(shorten(f"{one['sheet']} 第{one['row']}行", 28), _words(one)) for one in found[kind][:MOST]]
            parts += [f"\n{title}", table(("位置", "内容"), lines), *_rest(found[kind])]
    return "\n".join(parts)


def _words(record: Row) -> str:
    return shorten("　".join(shown(value) for value in list(record["values"].values())[:_SAID]), 72)


def _rest(rows: Sequence[Row]) -> list[str]:
    return [f"……还有 {len(rows) - MOST} 行"] if len(rows) > MOST else []
