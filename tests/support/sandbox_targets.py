"""Functions for the sandbox to run in place of the pipeline: one honest, the others as hostile files make them."""

from __future__ import annotations

import ctypes
import hashlib
import mmap
import os
import signal
import time
from pathlib import Path

import pyarrow as pa

from analytics.etl.grid import Limits
from analytics.etl.report import FileReport, Finding, IngestOptions, Outcome, QuarantinedRow, SheetReport
from analytics.etl.workbook import UnreadableWorkbook, open_grids


def open_only(content: bytes, options: IngestOptions, limits: Limits) -> Outcome:
    """Open the file and say what is in it, as the pipeline does before it looks for tables."""
    report = FileReport(options.file_name, hashlib.sha256(content).hexdigest(), "accepted")
    try:
        book = open_grids(content, options.file_name, limits)
    except UnreadableWorkbook as error:
        report.state = "unreadable"
        report.findings.append(error.finding())
        return Outcome(report)
    report.findings += book.findings
    tables = {}
    for sheet in book.sheets:
        sheet_report = SheetReport(sheet.name, None, last_row=len(sheet.rows))
        sheet_report.counts.read = len(sheet.rows)
        report.sheets.append(sheet_report)
        for row, cells in enumerate(sheet.rows[:30]):
            for column in range(len(cells)):
                sheet.number_format(row, column)
                sheet.formula(row, column)
        tables[f"sheet_{sheet.index}"] = pa.table({"first": [str(row[0]) if row else "" for row in sheet.rows]})
    return Outcome(report, tables)


def misbehave(content: bytes, options: IngestOptions, limits: Limits) -> Outcome:
    """Do what the content says."""
    word = content.decode()
    if word == "memory":
        return Outcome(FileReport(str(len([bytearray(1 << 20) for _ in range(1 << 14)])), "", "accepted"))
    if word == "memory-native":
        pa.allocate_buffer(1 << 40)
    if word == "spin":
        while True:
            pass
    if word == "sleep":
        time.sleep(3600)
    if word == "segfault":
        ctypes.string_at(8)
    if word == "abort":
        os.abort()
    if word == "killed":
        os.kill(os.getpid(), signal.SIGTERM)
    if word == "exit":
        os._exit(0)
    if word == "raise":
        raise RuntimeError("a bug in the reading code")
    if word == "interrupt":
        raise KeyboardInterrupt
    if word == "flood":
        Path("/proc/self/fd/2").write_bytes(b"x" * (1 << 20))
        return Outcome(FileReport("x" * (3 << 20), "", "accepted"))
    if word.startswith("garbage:"):
        for descriptor in range(3, 20):
            if _leads_to_the_answer(descriptor):
                os.write(descriptor, bytes.fromhex(word.removeprefix("garbage:")))
                os._exit(0)
    if word == "held":
        held = [each for each in range(3, 20) if _leads_to_the_answer(each)]
        os.ftruncate(held[0], 4096)
        with mmap.mmap(held[0], 4096):
            if os.fork() == 0:
                time.sleep(0.5)
                os._exit(0)
    if word.startswith("wait:"):
        time.sleep(float(word.removeprefix("wait:")))
    return everything(content, options, limits)


def _leads_to_the_answer(descriptor: int) -> bool:
    try:
        return "answer" in str(Path(f"/proc/self/fd/{descriptor}").readlink())
    except OSError:
        return False


def everything(content: bytes, options: IngestOptions, limits: Limits) -> Outcome:
    """Answer with something in every part of an outcome."""
    report = FileReport(options.file_name, hashlib.sha256(content).hexdigest(), "partially_accepted")
    report.findings.append(
        Finding("VAL-COUNT-WORDS", "error", "看不懂", "请改", "招聘会", "D12", 12, "jobs_n", content.decode())
    )
    report.sheets.append(SheetReport("招聘会", "job_fair", [3, 4], 5, 40))
    table = pa.table({"jobs_n": pa.array([1, None], pa.int64()), "name": ["甲", "乙"]})
    kept = [QuarantinedRow("招聘会", 12, "job_fair", {"A": "1", "D": "较多"})]
    return Outcome(report, {"job_fair": table, "event": table.slice(0, 0)}, kept, "宝鸡市总工会", "2024-07")
