"""What can go wrong where records are kept, each told in a sentence a user may read.

The messages are the whole story: the command line and the dashboard print them as they are.
"""

from __future__ import annotations


class WarehouseError(Exception):
    """Something about the store that a person must be told. ``str()`` is a Chinese sentence."""


class StoreBusy(WarehouseError):  # noqa: N818 - a state a person waits out, not a fault
    """Another process kept the write lock past the wait."""


class DeclarationRefused(WarehouseError):  # noqa: N818 - named for what was decided
    """A ledger declaration lost or retyped a column that already holds records."""


class StoreTooNew(WarehouseError):  # noqa: N818 - named for what was found
    """The store was written by a newer version of the software."""


class UnknownProfile(WarehouseError):  # noqa: N818 - named for what was found
    """No confirmed mapping has this mark."""


class UnknownRecord(WarehouseError):  # noqa: N818 - named for what was found
    """No record has this id, or none ever stood at this place."""


class UnknownUpload(WarehouseError):  # noqa: N818 - named for what was found
    """No upload has this id."""
