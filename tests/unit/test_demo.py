"""The demo ledgers: the same every time, marked as such, true to the figures, and judged by a comparison that fails."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cn2an
import openpyxl
import pyarrow as pa
import pytest
import python_calamine
from hypothesis import given
from hypothesis import strategies as st

from analytics.demo import Approx, Habit, Made, Masked, Truth, build, fits, generate, make, of_kind, records
from analytics.demo.compare import Difference, compare, compare_records, of_file, tally
from analytics.demo.forms import all_ledgers
from analytics.demo.habits import FOR_STUDIES, JOINED, NEEDS_A_BOOK, possible
from analytics.demo.mistakes import IDENTITY, MOBILE, check_digit
from analytics.demo.rows import shares
from analytics.demo.spelling import approximate, chinese_number
from analytics.ledgers import geography, ledgers
from analytics.ledgers.schema import record_schema

ALONE = [(ledger, habit) for ledger in all_ledgers() for habit in Habit if fits(ledger, habit)]


@pytest.fixture(scope="module")
def demo() -> list[Made]:
    return list(make())


@pytest.fixture(scope="module")
def truth(demo: list[Made]) -> Truth:
    whole = Truth(0)
    for made in demo:
        whole.extend(made.truth)
    return whole


def number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def of_year(truth: Truth, ledger: str, year: int) -> list[dict[str, Any]]:
    date = ledgers()[ledger].date_field
    assert date is not None
    return [r.fields for r in truth.records if r.ledger == ledger and r.fields[date].year == year]  # type: ignore[union-attr]


# The files -------------------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, demo: list[Made]) -> None:
    build(tmp_path)
    again = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert again == {made.file_name: made.content for made in demo}


def test_another_seed_gives_other_rows(demo: list[Made]) -> None:
    other = next(iter(make(seed=7)))
    assert other.content != demo[0].content


@pytest.mark.parametrize("kind", of_kind("container"), ids=lambda habit: habit.name)
def test_every_kind_of_file_is_written_without_the_moment_of_writing(kind: Habit) -> None:
    habits = frozenset({kind, Habit.TITLE, Habit.HEADER_TWO_ROWS, Habit.TOTAL_LAST, Habit.TOTAL_FORMULAS})
    hashes = {hashlib.sha256(generate("job_fair", habits, 9, 4)[0]).hexdigest() for _ in range(2)}
    assert len(hashes) == 1


def test_about_forty_workbooks_of_two_years_and_nothing_else_are_written(tmp_path: Path) -> None:
    truth = build(tmp_path / "demo")
    names = {path.name for path in (tmp_path / "demo").iterdir()}
    assert names == {file.file for file in truth.files}
    assert 30 <= len(names) <= 45
    assert {file.year for file in truth.files} == {2023, 2024}
    assert {name.rsplit(".", 1)[1] for name in names} == {"xlsx", "xls", "ods", "csv", "et"}


def test_every_file_and_every_sheet_says_it_is_demo_data(demo: list[Made]) -> None:
    for made in demo:
        assert "演示数据" in made.file_name
        if made.truth.files[0].container == "csv":
            encoding = "gb18030" if "FILE_CSV_UTF8" not in made.truth.files[0].habits else "utf-8-sig"
            assert "演示数据" in made.content.decode(encoding)
            continue
        for sheet in python_calamine.load_workbook(io.BytesIO(made.content)).sheet_names:
            rows = python_calamine.load_workbook(io.BytesIO(made.content)).get_sheet_by_name(sheet).to_python()
            assert any("演示数据" in str(cell) for row in rows for cell in row), (made.file_name, sheet)


def test_one_file_bears_an_extension_that_lies(demo: list[Made]) -> None:
    lying = [made for made in demo if made.file_name.endswith(".xls") and made.content.startswith(b"PK")]
    assert lying
    texts = [made for made in demo if made.file_name.endswith(".xls") and made.truth.files[0].container == "csv"]
    assert texts


def test_every_office_reports_for_both_years(truth: Truth) -> None:
    years = defaultdict(set)
    for file in truth.files:
        years[file.office].add(file.year)
    ranked = sum(county.ranked for county in geography().counties)
    assert len(years) == ranked + 4
    assert all(reported == {2023, 2024} for reported in years.values())


def test_every_habit_occurs_in_the_demo(truth: Truth) -> None:
    followed = {name for file in truth.files for name in file.habits}
    # Arrangements are for studies: the demo's offices keep one table a sheet.
    assert {one.name for one in Habit if one.kind != "arrangement" and one not in FOR_STUDIES} - followed == set()


def test_every_spelling_really_occurs_in_some_cell_of_the_demo(truth: Truth) -> None:
    seen = {habit for record in truth.records for habit in record.spelled.values()}
    # The money header is the column's, not a cell's.
    assert {habit.name for habit in of_kind("value") if habit not in FOR_STUDIES} - seen == {"MONEY_HEADER_WAN"}


def test_every_mistake_really_occurs_in_the_demo(truth: Truth) -> None:
    told = {one.why for one in truth.quarantined} | {one.why for one in truth.findings}
    assert {habit.description for habit in of_kind("mistake")} <= told


def test_no_mistake_is_common(truth: Truth) -> None:
    assert len(truth.quarantined) < len(truth.records) / 30


# The figures -----------------------------------------------------------------------------------------------------


def test_the_accepted_rows_of_2024_add_up_to_what_is_known_of_the_year(truth: Truth) -> None:
    events, fairs, classes = (of_year(truth, name, 2024) for name in ("event", "job_fair", "training"))
    assert 500 <= sum(number(e["sessions"]) for e in events if e["event_type"] == "宣讲") < 600
    assert 100 <= sum(number(f["sessions"]) for f in fairs) < 200
    assert 70000 <= sum(number(f["jobs_n"]) for f in fairs) < 80000
    groups = sum(number(f["migrant_visits"]) + number(f["new_form_visits"]) - number(f["both_visits"]) for f in fairs)
    assert abs(groups - 36000) <= 500
    assert 90 <= len({c["category"] for c in classes}) < 100
    assert abs(sum(number(c["trained_visits"]) for c in classes) - 16000) <= 500


def test_the_three_problems_of_working_style_are_all_put_right(truth: Truth) -> None:
    items = of_year(truth, "rectification", 2024)
    style = [item for item in items if item["source"] == "作风建设查摆"]
    assert len(style) == 3
    assert {item["status"] for item in style} <= {"已完成", "已销号"}
    still_open = [item for item in items if item["status"] in ("整改中", "未启动")]
    assert still_open
    assert any(item["deadline"] and item["deadline"] < dt.date(2024, 12, 31) for item in still_open)


def test_members_cleared_mud_in_the_community_in_july(truth: Truth) -> None:
    rescues = [e for e in of_year(truth, "event", 2024) if e["event_type"] == "抢险救灾"]
    assert rescues
    assert all(e["venue"] == "姜谭街社区" and e["start_date"].month == 7 for e in rescues)


def test_every_branch_studies_every_month(truth: Truth) -> None:
    months = defaultdict(set)
    for event in of_year(truth, "event", 2024):
        if event["event_type"] in ("理论学习", "主题党日", "三会一课"):
            months[(event["event_type"], event["branch"])].add(event["start_date"].month)
    whole = [held for (_, branch), held in months.items() if branch]
    assert len(whole) == 12
    assert all(held == set(range(1, 13)) for held in whole)


def test_the_year_before_was_smaller_and_some_counties_lag(truth: Truth) -> None:
    jobs: dict[int, Counter[str]] = {2023: Counter(), 2024: Counter()}
    for year, known in jobs.items():
        for fair in of_year(truth, "job_fair", year):
            known[fair["county"]] += number(fair["jobs_n"])
    assert jobs[2023].total() < jobs[2024].total()
    counties = [county.name for county in geography().counties if county.ranked]
    shrinking = [name for name in counties if jobs[2024][name] < jobs[2023][name]]
    assert 1 <= len(shrinking) <= 4
    targets = {
        record.fields["county"]: record.fields["annual_target"]
        for record in truth.records
        if record.ledger == "target" and record.fields["kpi"] == "J02" and record.fields["year"] == 2024
    }
    behind = [name for name in counties if jobs[2024][name] < float(targets[name]) * 0.8]  # type: ignore[arg-type]
    assert 2 <= len(behind) <= 4


def test_job_fairs_crowd_in_spring(truth: Truth) -> None:
    months = Counter(fair["fair_date"].month for fair in of_year(truth, "job_fair", 2024))
    assert months[2] + months[3] > sum(months.values()) / 4


def test_one_county_holds_most_of_its_fairs_in_one_month(truth: Truth) -> None:
    shares_of = {}
    for county in (county.name for county in geography().counties if county.ranked):
        jobs: Counter[int] = Counter()
        for fair in of_year(truth, "job_fair", 2024):
            if fair["county"] == county and fair["organizer"] != "宝鸡市总工会职工服务中心":
                jobs[fair["fair_date"].month] += number(fair["jobs_n"])
        if len(jobs) > 3:
            shares_of[county] = max(jobs.values()) / jobs.total()
    assert max(shares_of, key=lambda name: shares_of[name]) == "岐山县"
    assert shares_of["岐山县"] > 0.35


def test_targets_of_the_counties_add_up_to_the_citys(truth: Truth) -> None:
    rows = [r.fields for r in truth.records if r.ledger == "target" and r.fields["year"] == 2024]
    whole = geography().whole_city.name
    for kpi in ("J01", "J02", "J03", "T02", "E01", "E02"):
        parts = [row["annual_target"] for row in rows if row["kpi"] == kpi and row["county"] != whole]
        city = [row["annual_target"] for row in rows if row["kpi"] == kpi and row["county"] == whole]
        assert len(parts) == len(geography().counties)
        assert [sum(parts)] == city  # type: ignore[arg-type]


def test_a_larger_scale_has_that_many_more_rows() -> None:
    small = sum(len(made.truth.records) for made in make())
    large = sum(len(made.truth.records) for made in make(scale=2))
    assert 1.8 * small < large < 2.1 * small


def test_another_year_may_be_shown() -> None:
    made = list(make(year=2021))
    assert {one.truth.files[0].year for one in made} == {2020, 2021}


@pytest.mark.parametrize("wrong", [{"year": 1999}, {"scale": 0}], ids=str)
def test_a_senseless_year_or_scale_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"演示数据|倍数"):
        next(make(**wrong))


# The truth -------------------------------------------------------------------------------------------------------


def test_the_account_of_every_sheet_reaches_its_last_row(truth: Truth) -> None:
    for sheet in truth.sheets:
        if sheet.ledger is not None:
            assert sheet.header_rows[-1] + sheet.read == sheet.last_row, (sheet.file, sheet.sheet)


@pytest.mark.parametrize(("ledger", "habit"), ALONE, ids=lambda one: getattr(one, "name", one))
def test_one_habit_alone_leaves_its_mark(ledger: str, habit: Habit) -> None:
    _, _, truth = generate(ledger, frozenset({habit}), 14, 11)
    assert habit.name in truth.files[0].habits
    if habit in (
        Habit.HIDDEN_SHEET,
        Habit.MONTH_SHEETS,
        Habit.COVER_SHEET,
        *JOINED,
        Habit.MATRIX_SHEET,
        Habit.DAY_ONLY,
    ):
        assert len(truth.sheets) > 1
    elif habit.kind == "mistake":
        assert any(one.why == habit.description for one in (*truth.quarantined, *truth.findings))
    spelled = {name for record in truth.records for name in record.spelled.values()}
    assert spelled <= {habit.name}
    for sheet in truth.sheets:
        if sheet.ledger is not None:
            assert sheet.header_rows[-1] + sheet.read == sheet.last_row


@pytest.mark.parametrize("habit", of_kind("value"), ids=lambda habit: habit.name)
def test_every_spelling_shows_in_some_ledger_when_it_is_switched_on_alone(habit: Habit) -> None:
    fitting = [ledger for ledger in all_ledgers() if fits(ledger, habit)]
    truths = [generate(ledger, frozenset({habit}), 60, 2)[2] for ledger in fitting]
    spelled = {name for truth in truths for record in truth.records for name in record.spelled.values()}
    headers = {part for truth in truths for sheet in truth.sheets for part in sheet.fields}
    assert spelled == {habit.name} or (habit is Habit.MONEY_HEADER_WAN and "fee_yuan" in headers)


@pytest.mark.parametrize("ledger", all_ledgers())
def test_all_habits_that_go_together_make_one_workbook(ledger: str) -> None:
    every = frozenset(habit for habit in Habit if habit.kind != "container")
    _, name, truth = generate(ledger, every, 40, 3)
    assert name.endswith(".xlsx")
    assert truth.records


def test_two_kinds_of_file_at_once_are_refused() -> None:
    with pytest.raises(ValueError, match="只能有一种格式"):
        generate("event", frozenset({Habit.FILE_XLS, Habit.FILE_ODS}), 3, 1)


def test_a_text_file_is_not_asked_for_what_it_cannot_show() -> None:
    asked = frozenset({Habit.FILE_CSV_UTF8, *NEEDS_A_BOOK})
    assert possible(asked) == {Habit.FILE_CSV_UTF8}


@pytest.mark.parametrize("kind", [None, Habit.FILE_XLS, Habit.FILE_ODS], ids=["xlsx", "xls", "ods"])
def test_the_truth_names_the_cell_each_value_stands_in(kind: Habit | None) -> None:
    habits = {Habit.TITLE, Habit.FILLER_ONE_CELL, Habit.SERIAL_COLUMN, Habit.OFFSET, Habit.BLANK_ROWS}
    habits |= {Habit.SUBTOTALS, Habit.REPEATED_HEADER, Habit.COLUMN_ORDER, Habit.HEADER_TWO_ROWS}
    content, _, truth = generate("job_fair", frozenset(habits | ({kind} if kind else set())), 30, 5)
    rows = python_calamine.load_workbook(io.BytesIO(content)).get_sheet_by_index(0).to_python(skip_empty_area=False)
    checked = 0
    for record in truth.records:
        for name, cell in record.cells.items():
            match = re.fullmatch(r"([A-Z]+)(\d+)", cell)
            assert match is not None
            place = openpyxl.utils.column_index_from_string(match[1]) - 1
            expected, found = record.fields[name], rows[int(match[2]) - 1][place]
            assert int(match[2]) == record.row
            assert found == ("" if expected is None else expected)
            checked += expected is not None
    assert checked > 400


def test_a_merged_county_is_read_from_its_top_cell() -> None:
    content, _, truth = generate("job_fair", frozenset({Habit.MERGED_COUNTY}), 6, 5)
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    spans = [merged for merged in sheet.merged_cells.ranges if merged.min_row != merged.max_row]
    assert len(spans) == 1
    assert {record.cells["county"] for record in truth.records} == {spans[0].coord.split(":")[0]}


def test_hidden_rows_columns_and_sheets_are_really_hidden() -> None:
    habits = frozenset({Habit.HIDDEN_ROWS, Habit.HIDDEN_COLUMNS, Habit.HIDDEN_SHEET})
    content, _, truth = generate("event", habits, 20, 5)
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert [sheet.sheet_state for sheet in book.worksheets] == ["visible", "hidden"]
    first = book.worksheets[0]
    hidden = [row for row, look in first.row_dimensions.items() if look.hidden]
    assert len(hidden) == 1
    assert hidden[0] in {record.row for record in truth.records}
    assert any(look.hidden for look in first.column_dimensions.values())


def test_a_total_that_is_a_formula_keeps_its_value() -> None:
    content, _, truth = generate("event", frozenset({Habit.TOTAL_LAST, Habit.TOTAL_FORMULAS}), 8, 5)
    formulas = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    values = openpyxl.load_workbook(io.BytesIO(content), data_only=True).worksheets[0]
    last = truth.sheets[0].last_row
    summed = [cell.coordinate for cell in formulas[last] if isinstance(cell.value, str) and cell.value.startswith("=")]
    assert summed
    total = sum(number(record.fields["sessions"]) for record in truth.records)
    assert total in {values[cell].value for cell in summed}


def test_planted_numbers_belong_to_nobody() -> None:
    assert check_digit(IDENTITY[:17]) == IDENTITY[17]
    assert IDENTITY[:6] not in {county.code for county in geography().counties}
    assert int(IDENTITY[6:10]) <= 1900
    assert re.fullmatch(r"1\d{10}", MOBILE)


def test_the_truth_is_written_as_json_only_when_asked(tmp_path: Path) -> None:
    _, _, truth = generate("event", frozenset({Habit.COUNT_APPROXIMATE, Habit.IDENTITY_NUMBER}), 20, 2)
    truth.write(tmp_path / "truth.json")
    read = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))
    kinds = {v["kind"] for record in read["records"] for v in record["fields"].values() if isinstance(v, dict)}
    assert kinds == {"approx", "masked"}
    assert len(read["records"]) == len(truth.records)


# Spellings -------------------------------------------------------------------------------------------------------


@given(st.integers(0, 9999))
def test_a_number_in_chinese_reads_back(value: int) -> None:
    assert int(cn2an.cn2an(chinese_number(value).replace("两", "二"), "normal")) == value


@given(st.integers(10, 900_000), st.randoms(use_true_random=False))
def test_an_estimate_says_about_how_many(value: int, rng: Any) -> None:
    estimate = approximate(value, "人", rng)
    assert estimate.nominal <= value < estimate.nominal + 10 ** (len(str(value)) - 1)
    if estimate.low is not None and estimate.high is not None:
        assert estimate.low <= estimate.nominal <= estimate.high


@given(st.integers(0, 10**6), st.lists(st.floats(0.01, 100), min_size=1, max_size=40))
def test_shares_add_up_and_keep_their_proportion(total: int, weights: list[float]) -> None:
    parts = shares(total, weights)
    assert sum(parts) == total
    assert all(
        abs(part - total * weight / sum(weights)) < 1 + 1e-6 for part, weight in zip(parts, weights, strict=True)
    )


# Typed records without workbooks -------------------------------------------------------------------------------


def test_typed_records_have_the_schema_of_the_warehouse() -> None:
    tables = records(3)
    assert set(tables) == set(all_ledgers())
    for name, table in tables.items():
        assert table.schema == record_schema(ledgers()[name])
        assert len(set(table.column("record_id").to_pylist())) == table.num_rows


def test_typed_records_multiply_and_keep_their_keys_apart() -> None:
    one, four = records(1), records(4)
    for name, ledger in all_ledgers().items():
        if ledger.date_field is None:
            assert four[name].num_rows == one[name].num_rows
            continue
        assert four[name].num_rows == 4 * one[name].num_rows
        rows = four[name].to_pylist()
        keys = {tuple(_key(row, part) for part in ledger.key) for row in rows}
        assert len(keys) > 0.99 * len(rows)
        months = Counter((row[ledger.date_field].year, row[ledger.date_field].month) for row in one[name].to_pylist())
        moved = Counter((row[ledger.date_field].year, row[ledger.date_field].month) for row in rows)
        assert moved == {month: 4 * count for month, count in months.items()}


def _key(row: dict[str, Any], part: str) -> Any:
    return row[part[:-5]].year if part.endswith(".year") else row[part]


def test_typed_records_repeat_for_a_seed() -> None:
    assert records(2, 5) == records(2, 5)
    assert records(2, 5) != records(2, 6)


# The comparison must be able to fail -----------------------------------------------------------------------------


Reading = tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]


def perfect(truth: Truth) -> Reading:
    """Make the report and the rows that a faultless reader would give for a truth."""
    findings = [
        {"code": one.family or "ROW", "severity": "error", "sheet": one.sheet, "row": one.row, "cell": one.cell}
        for one in truth.quarantined
    ]
    findings += [
        {"code": one.family, "severity": "warning", "sheet": one.sheet, "row": one.row, "cell": one.cell}
        for one in truth.findings
    ]
    sheets = [
        {
            "sheet": sheet.sheet,
            "ledger": sheet.ledger,
            "counts": {
                name: getattr(sheet, name)
                for name in ("loaded", "quarantined", "subtotal", "blank", "repeated_header", "note")
            },
        }
        for sheet in truth.sheets
    ]
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    units = {sheet.sheet: (sheet.reporting_unit, sheet.reported_on) for sheet in truth.sheets}
    for record in truth.records:
        row = dict.fromkeys(record_schema(ledgers()[record.ledger]).names)
        row |= {"file_name": record.file, "sheet": record.sheet, "row": record.row}
        row["reporting_unit"], row["reported_on"] = units[record.sheet]
        approx = {}
        for name, value in record.fields.items():
            if isinstance(value, Approx):
                low, high = value.low or value.nominal, value.high or value.nominal
                approx[name] = {"low": low, "high": high, "raw": value.raw}
            else:
                row[name] = f"{value.keeps}〔已隐去〕" if isinstance(value, Masked) else value
        row["approx"] = json.dumps(approx) if approx else None
        row["precision"] = json.dumps(record.precision) if record.precision else None
        row["extra"] = json.dumps(record.extra) if record.extra else None
        rows[record.ledger].append(row)
    report = {"file": truth.files[0].file, "sheets": sheets, "findings": [{"message": "", **f} for f in findings]}
    return report, rows


def judged(truth: Truth, reading: Reading) -> list[Difference]:
    report, rows = reading
    tables = {name: pa.Table.from_pylist(found, record_schema(ledgers()[name])) for name, found in rows.items()}
    return compare(truth, report, tables)


@pytest.fixture
def one() -> Truth:
    habits = {Habit.TITLE, Habit.FILLER_ONE_CELL, Habit.COUNT_APPROXIMATE, Habit.DATE_MONTH, Habit.NEGATIVE}
    habits |= {Habit.IDENTITY_NUMBER, Habit.EXTRA_COLUMNS, Habit.TOTAL_LAST}
    return generate("event", frozenset(habits), 25, 8)[2]


def test_a_faultless_reading_differs_in_nothing(one: Truth) -> None:
    assert judged(one, perfect(one)) == []


def _rows(reading: Reading) -> list[dict[str, Any]]:
    return reading[1]["event"]


def _lose_a_row(reading: Reading) -> None:
    _rows(reading).pop(3)


def _add_a_row(reading: Reading) -> None:
    _rows(reading).append({**_rows(reading)[0], "row": 999})


def _change_a_count(reading: Reading) -> None:
    row = next(row for row in _rows(reading) if row["participants"] is not None)
    row["participants"] += 1


def _guess_an_estimate(reading: Reading) -> None:
    row = next(row for row in _rows(reading) if row["approx"])
    row["participants"], row["approx"] = 500, None


def _forget_the_precision(reading: Reading) -> None:
    next(row for row in _rows(reading) if row["precision"])["precision"] = None


def _show_the_number(reading: Reading) -> None:
    row = next(row for row in _rows(reading) if "已隐去" in str(row["remark"]))
    row["remark"] = row["remark"].replace("〔已隐去〕", IDENTITY)


def _drop_a_foreign_column(reading: Reading) -> None:
    _rows(reading)[0]["extra"] = None


def _mistake_the_unit(reading: Reading) -> None:
    _rows(reading)[0]["reporting_unit"] = "凤县"


def _hold_back_for_another_reason(reading: Reading) -> None:
    next(f for f in reading[0]["findings"] if f["severity"] == "error")["code"] = "VAL-COUNT-WORDS"


def _hold_back_at_another_cell(reading: Reading) -> None:
    next(f for f in reading[0]["findings"] if f["severity"] == "error")["cell"] = "A1"


def _keep_silent(reading: Reading) -> None:
    reading[0]["findings"] = [f for f in reading[0]["findings"] if f["severity"] == "error"]


def _blame_a_good_cell(reading: Reading) -> None:
    wrong = {"code": "VAL-TEXT-DATE", "severity": "warning", "sheet": "活动台账", "row": 9, "cell": "A9", "message": ""}
    reading[0]["findings"].append(wrong)


def _miscount(reading: Reading) -> None:
    reading[0]["sheets"][0]["counts"]["subtotal"] = 0


def _lose_a_blank(reading: Reading) -> None:
    reading[0]["sheets"][0]["counts"]["note"] += 5


def _take_it_for_another_ledger(reading: Reading) -> None:
    reading[0]["sheets"][0]["ledger"] = "training"


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        (_lose_a_row, "missing"),
        (_add_a_row, "extra"),
        (_change_a_count, "value"),
        (_guess_an_estimate, "value"),
        (_forget_the_precision, "value"),
        (_show_the_number, "value"),
        (_drop_a_foreign_column, "value"),
        (_mistake_the_unit, "value"),
        (_hold_back_for_another_reason, "quarantine"),
        (_hold_back_at_another_cell, "quarantine"),
        (_keep_silent, "finding"),
        (_blame_a_good_cell, "unasked"),
        (_miscount, "counts"),
        (_lose_a_blank, "counts"),
        (_take_it_for_another_ledger, "sheet"),
    ],
    ids=lambda one: getattr(one, "__name__", one),
)
def test_no_fault_of_a_reader_goes_unseen(one: Truth, spoil: Callable[[Reading], None], kind: str) -> None:
    reading = perfect(one)
    spoil(reading)
    differences = judged(one, reading)
    assert kind in {difference.kind for difference in differences}
    assert all(str(difference) for difference in differences)


def test_a_duplicate_may_be_kept_once_but_not_lost(one: Truth) -> None:
    truth = generate("event", frozenset({Habit.DUPLICATE}), 8, 8)[2]
    twins = [place for place, record in enumerate(truth.records) if record.repeats]
    assert len(twins) == 2
    reading = perfect(truth)
    reading[1]["event"].pop(twins[1])
    reading[0]["sheets"][0]["counts"] |= {"loaded": 8, "quarantined": 1}
    assert judged(truth, reading) == []
    reading[1]["event"].pop(twins[0])
    assert {difference.kind for difference in judged(truth, reading)} == {"missing"}


def test_stored_records_of_many_files_are_compared_by_file() -> None:
    both = Truth(0)
    rows = []
    for seed in (1, 2):
        truth = generate("training", frozenset({Habit.FILLER_ONE_CELL}), 6, seed)[2]
        both.extend(truth)
        rows += perfect(truth)[1]["training"]
    assert len({record.file for record in both.records}) == 2
    schema = record_schema(ledgers()["training"])
    assert compare_records(both, {"training": pa.Table.from_pylist(rows, schema)}) == []
    lost = compare_records(both, {"training": pa.Table.from_pylist(rows[:-1], schema)})
    assert [difference.kind for difference in lost] == ["missing"]
    assert of_file(both, rows[0]["file_name"]).records == both.records[:6]


def test_the_tally_counts_what_the_accuracy_table_shows(one: Truth) -> None:
    reading = perfect(one)
    _lose_a_row(reading)
    _change_a_count(reading)
    counted = tally(one, judged(one, reading))
    assert counted["refused_wrongly"] == 1
    assert counted["silently_wrong"] == 1
    assert counted["quarantined"] == 1
    assert counted["cells"] == sum(len(record.cells) for record in one.records)
