"""What is said of headings that fill no field: a column left over, a required column that is absent.

Knows mappings and the sentences about them; must not know cells, nor where a table stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from analytics.etl.codes import Issue, issue
from analytics.etl.grid import letters
from analytics.etl.mapping import LIKELY_FROM, LedgerMapping
from analytics.etl.report import UnmappedColumn
from analytics.etl.spans import HeaderColumn


def unmapped_column(mapping: LedgerMapping, column: HeaderColumn, unit: str | None) -> Issue:
    """Say that a column fills no field; a warning where it may be one that is now filled without it.

    A heading nobody declared may hold what the records then lack, or take from a default: that must be seen.
    """
    offered = mapping.suggestions.get(column.index, ())
    if not offered:
        return issue("MAP-UNMAPPED", header=column.display, near="")
    name, score = offered[0]
    declared = mapping.ledger.column(name)
    near = f"；是否就是“{declared.label}”（相似度 {score}）"
    default: object = declared.default
    if declared.default_from == "reporting_unit":
        default = unit
    if default is not None:
        near += f"，该项现统一按“{default}”填写"
    worth = default is not None or score >= LIKELY_FROM
    return issue("MAP-UNMAPPED", severity="warning" if worth else None, header=column.display, near=near)


def missing_columns(mapping: LedgerMapping, unmapped: Sequence[UnmappedColumn]) -> Issue:
    """Say which required columns a table lacks, which headers come near them, and what to do."""
    lacking = {column.name: column.label for column in mapping.missing}
    near = [
        f"“{one.header}”是否就是“{lacking[name]}”（相似度 {score}）"
        for one in unmapped
        for name, score in one.suggestions[:1]
        if name in lacking
    ]
    example = f"{mapping.missing[0].name}=…"
    said = issue(
        "MAP-REQUIRED-MISSING",
        ledger=mapping.ledger.name,
        missing="、".join(f"“{label}”" for label in lacking.values()),
        near=f"。相近的列：{'；'.join(near)}" if near else "",
        example=example,
    )
    closest = next((one for one in unmapped if one.suggestions and one.suggestions[0][0] in lacking), None)
    if closest is not None:
        pair = f"{closest.header}={closest.suggestions[0][0]}"
        said = replace(said, hint=f"{said.hint}；若只是列名不同，请说明它是哪一列（--map {pair}），以后记住")
    if all(column.default_from == "reporting_unit" for column in mapping.missing):
        hint = f"请在表上写明填报单位，或在上传时指明（--unit）；也可以补上这些列，或用 --set {example}"
        return replace(said, hint=hint)
    return said


def twin_columns(label: str, first: HeaderColumn, second: HeaderColumn) -> Issue:
    """Say that two columns have one heading and different figures, so that neither was taken."""
    return issue(
        "MAP-TWIN-COLUMNS", header=first.display, first=letters(first.index), second=letters(second.index), label=label
    )
