"""The notebooks run from top to bottom, say the metrics' own figures, and stay committed without outputs."""

import csv
import datetime as dt
import io
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from warehouse_kit import fair, goal, record_id, upload

from analytics.metrics import query
from analytics.settings import Settings
from analytics.warehouse import Store, current

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LAGGING = ROOT / "notebooks" / "01_哪些县区落后.ipynb"

RUN = """
import sys, nbformat
from nbclient import NotebookClient
book = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(book, timeout=300, kernel_name="python3").execute()
nbformat.write(book, sys.argv[2])
"""


def execute(notebook, folder, data):
    """Run a notebook in processes of its own, and return it with its outputs.

    The kernel is this interpreter's; its libraries' own warnings are not this project's to make errors of.
    """
    done = folder / "done.ipynb"
    environment = {**os.environ, "TAIZHANG_DATA": str(data), "PYTHONWARNINGS": "ignore", "JUPYTER_PLATFORM_DIRS": "1"}
    environment |= {"IPYTHONDIR": str(folder / "ipython"), "JUPYTER_RUNTIME_DIR": str(folder / "runtime")}
    ran = subprocess.run(
        [sys.executable, "-c", RUN, str(notebook), str(done)],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    return nbformat.read(done, as_version=4)


def printed(book):
    return "".join(output["text"] for cell in book.cells for output in cell.get("outputs", []) if "text" in output)


def event(number, county, day, **values):
    row = {
        "event_name": f"宣讲{number}",
        "event_type": "宣讲",
        "organizer": "宣教部",
        "sessions": 1,
        "status": "已完成",
    }
    key = record_id("event", number, county, day)
    return {**row, "record_id": key, "start_date": dt.date.fromisoformat(day), "county": county, **values}


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A published store in which 麟游县 does little, and 太白县 nothing but two fairs, one of them with an estimate."""
    settings = Settings(data=tmp_path_factory.mktemp("filled") / "data")
    fairs, events = [], []
    for place, county in enumerate(["渭滨区", "金台区", "岐山县", "凤县", "眉县"]):
        for month in range(1, 13):
            day = f"2024-{month:02}-1{place}"
            fairs.append(fair(f"{county}{month}月招聘会", day, county=county, jobs_n=400 + 10 * place))
            events.append(event(month, county, day, participants=50))
    fairs += [
        fair("麟游招聘会", "2024-05-06", county="麟游县", jobs_n=90),
        fair("麟游夜市招聘", "2024-05-20", county="麟游县"),
    ]
    events.append(event(1, "麟游县", "2024-05-07"))
    fairs.append(fair("太白春风行动", "2024-03-05", county="太白县", jobs_n=80))
    fairs.append(
        fair(
            "太白招聘会",
            "2024-03-06",
            county="太白县",
            jobs_n=None,
            approx='{"jobs_n": {"low": 100, "high": 199, "raw": "百余"}}',
        )
    )
    with Store(settings).writing() as writing:
        writing.commit(
            upload("全市台账.xlsx", unit="市总", job_fair=fairs, event=events, target=[goal(2024, "J02", 30000)])
        )
    return settings


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_valid_and_committed_without_outputs(notebook):
    book = nbformat.read(notebook, as_version=4)
    nbformat.validate(book)
    for cell in book.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


def test_the_notebook_prints_the_same_figures_as_the_metrics(filled, tmp_path):
    book = execute(LAGGING, tmp_path, filled.data)
    text = printed(book)
    rows = list(csv.DictReader(io.StringIO(text[text.index("id,county,value,rank") :])))
    answer = query(["E01", "J02", "J03", "T02", "R01"], period="2024", by="county", version=current(filled))
    said = [(row["id"], row["county"], row["value"], row["rank"]) for row in rows]
    assert [entry[:2] for entry in said] == [(row.id, row.dims["county"]) for row in answer.rows]
    for (*_, value, rank), row in zip(said, answer.rows, strict=True):
        assert (float(value) if value else None) == row.value
        assert (int(rank) if rank else None) == row.rank


def test_the_notebook_names_who_lags_and_why(filled, tmp_path):
    text = printed(execute(LAGGING, tmp_path, filled.data))
    assert "太白县：2 项靠后" in text
    assert "先催报：市本级、陈仓区、凤翔区、扶风县、陇县、千阳县、高新区。" in text
    assert "1 处估计数没有计入" in text
    assert "招聘会只办了 2 场，少于中位数 12 场" in text
    assert "11 个月三本台账都没有记录" in text


def test_charts_need_no_network(filled, tmp_path):
    book = execute(LAGGING, tmp_path, filled.data)
    pages = [o["data"].get("text/html", "") for cell in book.cells for o in cell.get("outputs", []) if "data" in o]
    assert sum("Plotly.newPlot" in page for page in pages) == 3
    assert not any('src="http' in page for page in pages)


def test_without_data_the_notebook_says_what_to_do(tmp_path):
    text = printed(execute(LAGGING, tmp_path, tmp_path / "nothing"))
    assert "还没有入库任何数据" in text
    assert "taizhang ingest" in text
