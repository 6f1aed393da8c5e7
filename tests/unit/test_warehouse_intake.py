"""From files to a published version: each file for itself, the same bytes once, dry runs, export, backup, doctor."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest
from warehouse_kit import WEIBIN, fair, goal, upload

from analytics import intake
from analytics.etl.report import FileReport, Finding, IngestOptions, Outcome
from analytics.settings import Settings
from analytics.warehouse import Store, StoreBusy, UnknownUpload, WarehouseError, current, raw
from analytics.warehouse.check import to_json
from analytics.warehouse.export import neutral

DAY = dt.date(2024, 8, 1)


class Desk:
    """Stands for the reader: a file holds JSON of name -> jobs; ``坏`` cannot be read, ``隔离`` has a row held back."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.asked: list[IngestOptions] = []

    def read_many(self, items: Iterable[tuple[Path | bytes, IngestOptions]]) -> Iterator[Outcome]:
        for source, options in items:
            self.read.append(options.file_name)
            if isinstance(source, Path) and not source.exists():
                told = Finding("FILE-UNREADABLE", "error", "文件打不开", "请核对路径")
                yield Outcome(FileReport(options.file_name, "", "unreadable", findings=[told]))
                continue
            content = source.read_bytes() if isinstance(source, Path) else source
            self.asked.append(options)
            digest = hashlib.sha256(content).hexdigest()
            if content.startswith("坏".encode()):
                told = Finding("FILE-CRASH", "error", "文件打不开", "请另存为新的文件")
                yield Outcome(FileReport(options.file_name, digest, "unreadable", findings=[told]))
                continue
            jobs = json.loads(content)
            held = [99] if jobs.pop("隔离", None) else []
            error = Finding("VAL-COUNT-WORDS", "error", "不是数", "请填数字", "招聘会台账", "D99", 99)
            yield upload(
                options.file_name,
                unit=options.unit or WEIBIN,
                period=options.period,
                state="partially_accepted" if held else "accepted",
                held=held,
                findings=[error] if held else [],
                sha256=digest,
                job_fair=[fair(name, jobs_n=n) for name, n in jobs.items()],
            )


@pytest.fixture
def place(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data", lock_wait=1)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "上报"
    folder.mkdir()
    return folder


def write(folder: Path, name: str, **jobs: object) -> Path:
    path = folder / name
    path.write_text(json.dumps(jobs, ensure_ascii=False), encoding="utf-8")
    return path


def ingest(place: Settings, *paths: Path, desk: Desk | None = None, **how) -> list[FileReport]:
    return intake.ingest(paths, place, reader=desk or Desk(), today=DAY, by="张三", **how)


def fairs(place: Settings) -> dict[str, int]:
    con = current(place).connect()
    return dict(con.execute("SELECT fair_name, jobs_n FROM job_fair ORDER BY fair_name").fetchall())


def test_each_file_is_loaded_kept_and_published(place: Settings, inbox: Path) -> None:
    first, second = write(inbox, "a.xlsx", 一=1), write(inbox, "b.xlsx", 二=2)
    told: list[tuple[int, str]] = []
    reports = ingest(place, first, second, on_progress=lambda done, name: told.append((done, name)))
    assert [(report.file, report.state) for report in reports] == [("a.xlsx", "accepted"), ("b.xlsx", "accepted")]
    assert fairs(place) == {"一": 1, "二": 2}
    assert told == [(1, "a.xlsx"), (2, "b.xlsx")]
    for path, report in zip((first, second), reports, strict=True):
        kept = raw.path_of(place, report.sha256)
        assert kept.read_bytes() == path.read_bytes()
        assert stat.S_IMODE(kept.stat().st_mode) == 0o440
    assert [row["by"] for row in intake.uploads(place)] == ["张三", "张三"]
    assert len(list(place.published.glob("0*"))) == 1, "one command, one version"


def test_a_folder_is_opened_up_in_order_without_litter(inbox: Path) -> None:
    (inbox / "渭滨").mkdir()
    (inbox / ".git").mkdir()
    names = [
        "b.xlsx",
        "a.xlsx",
        "~$a.xlsx",
        ".DS_Store",
        ".隐藏.xlsx",
        "渭滨/c.xls",
        "渭滨/~$c.xls",
        ".git/config",
        "Thumbs.db",
    ]
    for name in names:
        (inbox / name).write_bytes(b"x")
    assert [path.relative_to(inbox).as_posix() for path in intake.expand([inbox])] == ["a.xlsx", "b.xlsx", "渭滨/c.xls"]
    assert intake.expand([inbox / "~$a.xlsx"]) == [inbox / "~$a.xlsx"], "what a person names is taken"


def test_a_file_that_cannot_be_read_does_not_stop_the_others(place: Settings, inbox: Path) -> None:
    bad = inbox / "坏.xlsx"
    bad.write_text("坏的", encoding="utf-8")
    reports = ingest(place, bad, inbox / "没有.xlsx", write(inbox, "好.xlsx", 一=1))
    assert [report.state for report in reports] == ["unreadable", "unreadable", "accepted"]
    assert fairs(place) == {"一": 1}
    assert {row["file"]: row["state"] for row in intake.uploads(place)} == {
        "坏.xlsx": "unreadable",
        "好.xlsx": "accepted",
    }


def test_a_commit_that_fails_is_told_and_the_others_are_loaded(
    place: Settings, inbox: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from analytics.warehouse import store

    real = store.Writing.commit

    def commit(self, outcome, **how):
        if outcome.report.file == "b.xlsx":
            raise OSError(28, "No space left on device")
        return real(self, outcome, **how)

    monkeypatch.setattr(store.Writing, "commit", commit)
    reports = ingest(place, *(write(inbox, name, **{name[0]: 1}) for name in ("a.xlsx", "b.xlsx", "c.xlsx")))
    assert [report.state for report in reports] == ["accepted", "rejected", "accepted"]
    assert (reports[1].findings[-1].code, "磁盘空间不足" in reports[1].findings[-1].message) == (
        "FILE-NOT-STORED",
        True,
    )
    reports[1].sheets[0].counts.reconcile()
    assert fairs(place) == {"a": 1, "c": 1}
    assert "b.xlsx" in caplog.text


def test_the_same_bytes_again_are_not_even_read(place: Settings, inbox: Path) -> None:
    path = write(inbox, "a.xlsx", 一=1)
    (loaded,) = ingest(place, path)
    desk = Desk()
    (again,) = ingest(place, path.rename(inbox / "改名.xlsx"), desk=desk)
    assert (again.state, again.upload_id, desk.read) == ("duplicate", loaded.upload_id, [])
    assert again.findings[0].code == "FILE-DUPLICATE"
    (other,) = ingest(place, inbox / "改名.xlsx", period="2024-07")
    assert other.state == "accepted", "other options may load something else"
    assert other.sheets[0].changes.unchanged == 1


def test_the_same_bytes_twice_in_one_command_load_once(place: Settings, inbox: Path) -> None:
    reports = ingest(place, write(inbox, "a.xlsx", 一=1), write(inbox, "b.xlsx", 一=1))
    assert [report.state for report in reports] == ["accepted", "duplicate"]


def test_after_a_revoke_the_same_bytes_load_again(place: Settings, inbox: Path) -> None:
    path = write(inbox, "a.xlsx", 一=1)
    (loaded,) = ingest(place, path)
    answer = intake.revoke(str(loaded.upload_id), place, reason="错了", by="李四")
    assert (answer["state"], answer["version"]) == ("revoked", current(place).id)
    assert fairs(place) == {}
    (again,) = ingest(place, path)
    assert again.state == "accepted"
    assert again.upload_id != loaded.upload_id
    assert [row["state"] for row in intake.uploads(place)] == ["accepted", "revoked"]


def test_strict_loads_nothing_of_a_file_with_an_error(place: Settings, inbox: Path) -> None:
    reports = ingest(place, write(inbox, "a.xlsx", 一=1, 隔离=True), write(inbox, "b.xlsx", 二=2), strict=True)
    assert [report.state for report in reports] == ["rejected", "accepted"]
    assert reports[0].findings[-1].code == "FILE-STRICT"
    reports[0].sheets[0].counts.reconcile()
    assert fairs(place) == {"二": 2}
    assert len(intake.show(str(reports[0].upload_id), place)["quarantine"]) == 2
    (lenient,) = ingest(place, inbox / "a.xlsx")
    assert lenient.state == "partially_accepted", "what was refused may be tried again"


def test_a_dry_run_stores_nothing_and_is_confirmed_as_it_was_shown(place: Settings, inbox: Path) -> None:
    ingest(place, write(inbox, "a.xlsx", 一=1, 二=2))
    before = current(place).id
    path = write(inbox, "b.xlsx", 一=5, 三=3)
    (seen,) = ingest(place, path, dry_run=True, replace=True, unit=WEIBIN, period="2024-07")
    changes = seen.sheets[0].changes
    assert (seen.state, changes.new, changes.changed, changes.removed) == ("accepted", 1, 1, 1)
    assert (current(place).id, fairs(place)) == (before, {"一": 1, "二": 2})
    shown = intake.show(str(seen.upload_id), place)
    assert shown["state"] == "pending"
    assert [(c["field"], c["old"], c["new"]) for c in shown["differences"]["fields"]] == [("jobs_n", 1, 5)]
    assert len(shown["differences"]["removed"]) == 1
    assert intake.uploads(place)[0]["state"] == "pending"
    content = path.read_bytes()
    path.unlink()

    report = intake.confirm(str(seen.upload_id), place)
    assert (report.upload_id, report.state, report.sheets[0].changes) == (seen.upload_id, "accepted", changes)
    assert fairs(place) == {"一": 5, "三": 3}
    assert intake.original(str(seen.upload_id), place) == content
    assert intake.confirm(str(seen.upload_id), place).upload_id == seen.upload_id, "a double click loads once"
    assert len(intake.uploads(place)) == 2


def test_a_dry_run_that_waits_can_be_dropped(place: Settings, inbox: Path) -> None:
    (seen,) = ingest(place, write(inbox, "a.xlsx", 一=1), dry_run=True)
    assert not place.warehouse.exists(), "a dry run does not open the store"
    assert intake.original(str(seen.upload_id), place) == (inbox / "a.xlsx").read_bytes()
    intake.revoke(str(seen.upload_id), place)
    with pytest.raises(UnknownUpload):
        intake.confirm(str(seen.upload_id), place)
    assert intake.uploads(place) == []


def test_confirming_what_was_loaded_meanwhile_loads_nothing(place: Settings, inbox: Path) -> None:
    path = write(inbox, "a.xlsx", 一=1)
    (seen,) = ingest(place, path, dry_run=True)
    (loaded,) = ingest(place, path)
    report = intake.confirm(str(seen.upload_id), place)
    assert (report.state, report.upload_id) == ("duplicate", loaded.upload_id)


@pytest.mark.parametrize("name", ["../../etc/passwd", "20240101-00000000", "", "x" * 500])
def test_an_unknown_upload_is_told_and_reaches_no_path(place: Settings, name: str) -> None:
    for ask in (intake.confirm, intake.show, intake.original, intake.revoke):
        with pytest.raises(UnknownUpload):
            ask(name, place)


def test_a_replacement_that_does_not_say_what_loads_nothing(place: Settings, inbox: Path) -> None:
    ingest(place, write(inbox, "a.xlsx", 一=1))
    for dry in (True, False):
        (report,) = ingest(place, write(inbox, "b.xlsx", 二=2), replace=True, dry_run=dry)
        assert (report.state, report.findings[-1].code) == ("rejected", "REPLACE-NEEDS-PERIOD")
        report.sheets[0].counts.reconcile()
    assert fairs(place) == {"一": 1}


def test_a_busy_store_is_raised_and_nothing_is_half_done(place: Settings, inbox: Path) -> None:
    path = write(inbox, "a.xlsx", 一=1)
    with Store(place).locked():
        with pytest.raises(StoreBusy):
            ingest(place, path, wait=0.1)
        (seen,) = ingest(place, path, wait=0.1, dry_run=True)
        assert seen.state == "accepted", "a dry run waits for nobody"
    assert fairs(place) == {}


def test_confirmed_mappings_reach_the_reader(place: Settings, inbox: Path) -> None:
    with Store(place).writing() as writing:
        writing.keep_profile("print-x", "job_fair", {"岗位": "jobs_n"})
    desk = Desk()
    ingest(place, write(inbox, "a.xlsx", 一=1), desk=desk, constants={"mode": "线下"}, period="2024")
    assert desk.asked[0].profiles == {"print-x": {"岗位": "jobs_n"}}
    assert (desk.asked[0].today, desk.asked[0].period, desk.asked[0].constants) == (DAY, "2024", {"mode": "线下"})


def test_findings_are_asked_by_ledger_severity_and_upload(place: Settings, inbox: Path) -> None:
    (report,) = ingest(place, write(inbox, "a.xlsx", 一=1, 隔离=True))
    (found,) = intake.findings(place, ledger="job_fair", severity="error")
    assert (found["code"], found["cell"], found["file"], found["upload_id"]) == (
        "VAL-COUNT-WORDS", "D99", "a.xlsx", report.upload_id,
    )  # fmt: skip
    assert intake.findings(place, ledger="training") == []
    assert intake.findings(place, severity="warning") == []
    assert len(intake.findings(place, upload=report.upload_id)) == 1
    with pytest.raises(UnknownUpload):
        intake.findings(place, upload="nothing")


ESTIMATE = {"jobs_n": None, "approx": '{"jobs_n": {"low": 100, "high": 199, "raw": "百余"}}'}


def exported(place: Settings) -> None:
    with Store(place).writing() as writing:
        writing.commit(
            upload(
                job_fair=[
                    fair("=cmd|'/c calc'!A1", "2024-07-01", remark="@risk", venue="\t缩进"),
                    fair("估计", "2024-08-01", **ESTIMATE),
                    fair("去年", "2023-08-01", jobs_n=7),
                ],
                target=[goal(2023, "J02", 1), goal(2024, "J02", 2)],
            )
        )


def test_export_as_json_has_canonical_names_and_where_each_came_from(place: Settings) -> None:
    exported(place)
    rows = json.loads(intake.export("job_fair", place, period="2024"))
    assert [row["fair_date"] for row in rows] == ["2024-07-01", "2024-08-01"]
    assert rows[0]["fair_name"] == "=cmd|'/c calc'!A1", "JSON is for programs and is left as it is"
    assert (rows[0]["jobs_n"], rows[0]["jobs_n_low"], rows[0]["visits_total"]) == (100, None, 300)
    estimate = {name: rows[1][name] for name in ("jobs_n", "jobs_n_low", "jobs_n_high", "jobs_n_raw")}
    assert estimate == {"jobs_n": None, "jobs_n_low": 100, "jobs_n_high": 199, "jobs_n_raw": "百余"}
    place_of = [rows[1][name] for name in ("file_name", "sheet", "row")]
    assert place_of == ["七月台账.xlsx", "招聘会台账", 5]
    assert rows[1]["upload_id"] == intake.uploads(place)[0]["upload_id"]
    assert "visits_total_low" not in rows[0]
    assert [row["annual_target"] for row in json.loads(intake.export("target", place, period="2024"))] == [2]


def test_formulas_do_not_leave_in_csv_and_workbooks(place: Settings, tmp_path: Path) -> None:
    exported(place)
    text = intake.export("job_fair", place, kind="csv").decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["fair_name"] for row in rows] == ["去年", "'=cmd|'/c calc'!A1", "估计"]
    assert (rows[1]["remark"], rows[1]["venue"], rows[2]["jobs_n"]) == ("'@risk", "'\t缩进", "")
    path = tmp_path / "导出.xlsx"
    intake.export("job_fair", place, kind="xlsx", output=path)
    sheet = openpyxl.load_workbook(path).active
    cells = [cell for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
    assert not [cell.value for cell in cells if cell.data_type == "f" or cell.value[0] in "=+-@\t"]
    head = [cell.value for cell in sheet[1]]
    assert sheet.cell(2, head.index("fair_date") + 1).value == dt.datetime(2023, 8, 1)
    assert neutral("-") == "'-"
    assert neutral(-1) == -1


def test_export_to_files_is_whole_and_readable(place: Settings, tmp_path: Path) -> None:
    exported(place)
    intake.export("job_fair", place, kind="csv", output=tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbf"), "Excel takes it for UTF-8"
    intake.export("job_fair", place, kind="parquet", output=tmp_path / "a.parquet")
    assert pq.read_table(tmp_path / "a.parquet").num_rows == 3
    assert json.loads(intake.export("training", place)) == []
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["a.csv", "a.parquet"]


def filled(place: Settings, inbox: Path) -> None:
    ingest(place, write(inbox, "a.xlsx", 一=1, 隔离=True), write(inbox, "b.xlsx", 二=2))
    ingest(place, write(inbox, "c.xlsx", 三=3), dry_run=True)


def verdicts(place: Settings) -> dict[str, str]:
    return {entry.name: entry.verdict for entry in intake.check(place)}


def test_a_backup_restores_to_the_same_answers(place: Settings, inbox: Path, tmp_path: Path) -> None:
    filled(place, inbox)
    archive = tmp_path / "备份.tar"
    intake.backup(place, archive)
    other = Settings(data=tmp_path / "别处")
    intake.restore(other, archive)
    assert fairs(other) == fairs(place) == {"一": 1, "二": 2}
    assert intake.uploads(other) == intake.uploads(place)
    assert set(verdicts(other).values()) == {"ok"}
    for path in place.raw.iterdir():
        assert (other.raw / path.name).read_bytes() == path.read_bytes()
    waiting = intake.uploads(other)[0]
    assert intake.confirm(waiting["upload_id"], other).state == "accepted"
    assert fairs(other) == {"一": 1, "三": 3, "二": 2}


def test_restoring_over_data_needs_a_word_and_keeps_the_old(place: Settings, inbox: Path, tmp_path: Path) -> None:
    filled(place, inbox)
    archive = tmp_path / "备份.tar"
    intake.backup(place, archive)
    ingest(place, write(inbox, "d.xlsx", 四=4))
    with pytest.raises(WarehouseError, match="--force"):
        intake.restore(place, archive)
    assert fairs(place) == {"一": 1, "二": 2, "四": 4}
    intake.restore(place, archive, force=True)
    assert fairs(place) == {"一": 1, "二": 2}
    assert [path.name.split("-")[0] for path in place.data.iterdir() if path.name.startswith("replaced")] == [
        "replaced"
    ]
    ingest(place, inbox / "d.xlsx")
    assert fairs(place) == {"一": 1, "二": 2, "四": 4}


@pytest.mark.parametrize("damage", ["cut", "flip", "no tar"])
def test_a_damaged_archive_restores_nothing(place: Settings, inbox: Path, tmp_path: Path, damage: str) -> None:
    filled(place, inbox)
    archive = tmp_path / "备份.tar"
    intake.backup(place, archive)
    content = bytearray(archive.read_bytes())
    if damage == "cut":
        content = content[: len(content) // 2]
    elif damage == "flip":
        content[5000] ^= 0xFF
    else:
        content = bytearray(b"hello")
    archive.write_bytes(content)
    other = Settings(data=tmp_path / "别处")
    with pytest.raises(WarehouseError, match="已损坏"):
        intake.restore(other, archive)
    assert current(other).empty
    assert list(other.data.iterdir()) == []


def test_a_backup_of_nothing_says_so(place: Settings, tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="还没有数据"):
        intake.backup(place, tmp_path / "备份.tar")


def test_the_doctor_finds_a_sound_folder_sound(place: Settings, inbox: Path) -> None:
    assert verdicts(place) == {"store": "ok"}
    filled(place, inbox)
    assert set(verdicts(place)) == {"store", "schema", "counts", "originals", "published", "versions"}
    assert set(verdicts(place).values()) == {"ok"}
    assert to_json(intake.check(place))["ok"]


@pytest.mark.parametrize(
    ("damage", "name", "verdict"),
    [("lost", "originals", "error"), ("altered", "originals", "error"), ("counts", "counts", "error"),
     ("swapped", "published", "error"), ("cut", "versions", "error"), ("behind", "published", "warning")],
)  # fmt: skip
def test_the_doctor_finds_what_does_not_agree(
    place: Settings, inbox: Path, damage: str, name: str, verdict: str
) -> None:
    filled(place, inbox)
    original = next(place.raw.iterdir())
    folder = current(place).folder
    assert folder is not None
    if damage == "lost":
        original.unlink()
    elif damage == "altered":
        original.chmod(0o600)
        original.write_bytes(b"other")
    elif damage == "cut":
        (folder / "findings.parquet").write_bytes(b"PAR1")
    elif damage == "swapped":
        table = pq.read_table(folder / "job_fair/year=2024.parquet")
        at = table.schema.get_field_index("jobs_n")
        pq.write_table(table.set_column(at, "jobs_n", [[8] * table.num_rows]), folder / "job_fair/year=2024.parquet")
    else:
        with Store(place).writing(publish_at_end=False) as writing:
            if damage == "counts":
                writing.con.execute("UPDATE uploads SET rows_loaded = rows_loaded + 1 WHERE seq = 1")
            else:
                writing.commit(upload("e.xlsx", sha256=original.name, job_fair=[fair("五")]))
    assert verdicts(place)[name] == verdict
