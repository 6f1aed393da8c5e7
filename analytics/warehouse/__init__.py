"""Where records are kept: one DuckDB file that only a writer opens, and immutable published versions for readers.

This package must not know how a workbook is read, nor what a metric is.
"""

from analytics.warehouse.errors import DeclarationRefused, StoreBusy, UnknownUpload, WarehouseError
from analytics.warehouse.published import Version, current
from analytics.warehouse.store import Store, Writing

__all__ = [
    "DeclarationRefused",
    "Store",
    "StoreBusy",
    "UnknownUpload",
    "Version",
    "WarehouseError",
    "Writing",
    "current",
]
