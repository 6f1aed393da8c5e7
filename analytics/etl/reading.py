"""One file in a process of its own, start-up included: what a file needs next is loaded while it is opened.

The reader of the sheet's XML lets other threads run, so that importing the rest costs nothing there. What is
done, and in which order, is ``pipeline``'s.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from analytics.etl.grid import Limits
from analytics.etl.report import IngestOptions, Outcome
from analytics.etl.workbook import open_grids

LATER = (
    "analytics.ledgers.model",
    "pyarrow.compute",
    "duckdb",
    "rapidfuzz",
    "analytics.etl.pipeline",
)
"""What reading needs after opening, in pieces: loaded while no file is there yet."""


def begin(content: bytes, file_name: str, limits: Limits) -> Callable[[IngestOptions], Outcome]:
    """Begin to open one file; return what reads it once the options are known (see ``pipeline.read``)."""
    opener = ThreadPoolExecutor(1)
    opening = opener.submit(open_grids, content, file_name, limits)
    opener.shutdown(wait=False)
    from analytics.etl import engine, pipeline
    from analytics.ledgers.model import geography

    # What every file is read with, made while this one is opened.
    geography()
    pipeline.shipped_vocabulary()
    engine.connection()
    return lambda options: pipeline.read(content, options, limits, opened=opening.result)


def read(content: bytes, options: IngestOptions, limits: Limits) -> Outcome:
    """Read one file; see ``pipeline.read``."""
    return begin(content, options.file_name, limits)(options)
