"""Real files that break readers: each ends in a state with a reason, in bounded memory and time."""

from __future__ import annotations

import datetime as dt
import io
import random
import re
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from analytics.etl.report import IngestOptions, Outcome
from analytics.etl.sandbox import Reader
from analytics.settings import Settings

WORKBOOKS = Path(__file__).resolve().parents[2].parent / "shared" / "workbooks"
FILES = sorted(path for folder in ("hostile", "office") for path in (WORKBOOKS / folder).iterdir())
GIBIBYTE = 1 << 30
SUPPORT = Path(__file__).resolve().parents[1] / "support"

# What a person who opens the file in an office program finds, for files where that is beyond doubt.
KNOWN = {
    "encrypted": "FILE-ENCRYPTED",
    "password": "FILE-ENCRYPTED",
    "pass_protected": "FILE-ENCRYPTED",
    "xmlbomb": "FILE-BOMB",
    "54764-2": "FILE-BOMB",
    "594_dos": "FILE-TOO-LARGE",
    "testEXCEL_3": "FILE-UNSUPPORTED",
    "biff4": "FILE-UNSUPPORTED",
    "CRLFX5": "FILE-UNSUPPORTED",
    "clusterfuzz": None,
    "OOM_alloc3": "FILE-CORRUPT",
}


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader(Settings(reader_seconds=20)) as opened:
        yield opened


@pytest.fixture(scope="module")
def opener() -> Iterator[Reader]:
    """Opens files and asks every detail of their cells, without looking for ledgers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(SUPPORT))
        with Reader(Settings(reader_seconds=20), target="sandbox_targets:open_only") as opened:
            yield opened


def options(name: str) -> IngestOptions:
    return IngestOptions(name, dt.date(2024, 12, 31))


def assert_settled(outcome: Outcome, name: str) -> None:
    """A state; for whatever is not simply accepted, a code, a sentence and what to do, in Chinese."""
    report = outcome.report
    assert report.file == name
    assert re.fullmatch("[0-9a-f]{64}", report.sha256)
    assert "FILE-CRASH" not in {finding.code for finding in report.findings}
    assert "FILE-INTERNAL" not in {finding.code for finding in report.findings}
    if report.state in ("unreadable", "rejected"):
        assert report.findings
    for finding in report.findings:
        assert re.fullmatch(r"[A-Z]+(-[A-Z0-9]+)+", finding.code)
        assert re.search("[一-鿿]", finding.message)
        assert re.search("[一-鿿]", finding.hint)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_file_ends_in_a_state_with_a_reason(reader: Reader, path: Path):
    start = time.monotonic()
    outcome = reader.read(path, options(path.name))
    assert time.monotonic() - start < 15
    assert_settled(outcome, path.name)
    assert reader.peak <= GIBIBYTE
    expected = next((code for word, code in KNOWN.items() if word in path.name), None)
    if expected:
        assert [finding.code for finding in outcome.report.findings] == [expected]
        assert outcome.report.state == "unreadable"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_detail_of_every_cell_can_be_asked(opener: Reader, path: Path):
    outcome = opener.read(path, options(path.name))
    assert_settled(outcome, path.name)
    assert opener.peak <= GIBIBYTE
    if outcome.report.state != "unreadable":
        assert any(sheet.counts.read for sheet in outcome.report.sheets)


def test_most_of_the_collection_is_readable(opener: Reader):
    outcomes = list(opener.read_many((path, options(path.name)) for path in FILES))
    office = [outcome for path, outcome in zip(FILES, outcomes, strict=True) if path.parent.name == "office"]
    assert {outcome.report.state for outcome in office} == {"accepted"}
    assert sum(outcome.report.state == "accepted" for outcome in outcomes) >= 105


def sound_workbooks() -> list[bytes]:
    """Small workbooks of every format that open without a finding."""
    names = (
        "luhao_CDRLApp__安全隐患整改台账.xlsx",
        "tidyverse+readxl__deaths.xlsx",
        "tidyverse+readxl__deaths.xls",
        "alibaba+easyexcel__t01.xls",
        "PHPOffice+PhpSpreadsheet__data.ods",
        "SheetJS+test_files__number_format.ods",
        "SheetJS+test_files__DPI120C11.xlsb",
        "SheetJS+test_files__issue2717.xlsb",
        "SheetJS+test_files__write.et",
        "biglocalnews+warn-scraper__arizona_warn_raw.csv",
    )
    return [path.read_bytes() for path in FILES if path.name in names]


def mutated(content: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """Damage a workbook as transport, disks and malice do."""
    kind = chance.choice(["flip", "flip", "cut", "zeros", "repeat", "part", "part", "swap"])
    data = bytearray(content)
    if kind in ("part", "swap") and content.startswith(b"PK"):
        return mutated_part(content, chance.choice(others) if kind == "swap" else content, chance)
    if kind == "cut":
        return content[: chance.randrange(1, len(content))]
    at = chance.randrange(len(data))
    length = chance.randrange(1, 600)
    if kind == "zeros":
        data[at : at + length] = bytes(length)
    elif kind == "repeat":
        data[at:at] = data[at : at + length] * chance.randrange(1, 50)
    else:
        for _ in range(chance.choice([1, 3, 30])):
            data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data)


def mutated_part(content: bytes, other: bytes, chance: random.Random) -> bytes:
    """Damage one part of a package and pack it again, so that the damage gets past the checksums."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice([each for each in parts if parts[each]])
    if other is not content and other.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(other)) as archive:
            parts[name] = archive.read(chance.choice(archive.namelist()))
    else:
        data = bytearray(parts[name])
        for _ in range(chance.choice([1, 5, 40])):
            at = chance.randrange(len(data))
            if chance.random() < 0.5:
                data[at] = chance.randrange(256)
            else:
                # Numbers are what readers trust: make one large.
                data[at : at + 1] = b"99999999" if chr(data[at]).isdecimal() else b"9"
        parts[name] = bytes(data)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, data_of in parts.items():
            archive.writestr(each, data_of)
    return out.getvalue()


def assert_mutations_do_no_harm(opener: Reader, number: int, seed: int) -> None:
    chance = random.Random(seed)
    sound = sound_workbooks()
    assert len(sound) == 10
    files = ((mutated(chance.choice(sound), sound, chance), options(f"{at}.xlsx")) for at in range(number))
    counted = 0
    for at, outcome in enumerate(opener.read_many(files)):
        assert_settled(outcome, f"{at}.xlsx")
        assert "FILE-TIMEOUT" not in {finding.code for finding in outcome.report.findings}, (seed, at)
        counted += 1
    assert counted == number
    assert opener.peak <= GIBIBYTE


def test_damaged_workbooks_never_crash_or_hang(opener: Reader):
    assert_mutations_do_no_harm(opener, 60, seed=20240731)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_thousands_of_damaged_workbooks_never_crash_or_hang(opener: Reader, seed: int):
    assert_mutations_do_no_harm(opener, 100, seed)
