"""The audit: append-only, chained, whole under many writers, and broken where somebody broke it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st
from operations_kit import by_hand, unguarded
from sqlalchemy.exc import DBAPIError

from analytics.operations import audit
from analytics.operations.check import check
from analytics.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = Settings(data=tmp_path)
    for number in range(5):
        audit.record(found, who="wang", action="upload", target=f"file {number}", after={"行": number})
    return found


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET who = 'li' WHERE seq = 2",
        "DELETE FROM audit WHERE seq = 2",
        "DELETE FROM audit",
        "UPDATE audit_head SET seq = 0, hash = ''",
        "DELETE FROM audit_head",
    ],
)
def test_a_line_cannot_be_changed_or_removed(settings: Settings, statement: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"):
        by_hand(settings, statement)


@pytest.mark.sqlite
def test_the_head_cannot_be_replaced_either(settings: Settings) -> None:
    with pytest.raises(DBAPIError, match="append-only"):
        by_hand(settings, "PRAGMA recursive_triggers = ON", "INSERT OR REPLACE INTO audit_head VALUES (1, 0, '')")


@pytest.mark.parametrize(
    ("statements", "place"),
    [
        (["UPDATE audit SET who = 'li' WHERE seq = 2"], 2),
        (["UPDATE audit SET success = 0 WHERE seq = 4"], 4),
        (["DELETE FROM audit WHERE seq = 3"], 3),
        (["DELETE FROM audit WHERE seq = 5"], 5),
        (["DELETE FROM audit"], 1),
        (["UPDATE audit SET hash = 'x' WHERE seq = 1"], 1),
        (["UPDATE audit_head SET hash = 'x'"], 6),
    ],
)
def test_what_was_done_by_force_is_found_where_it_was_done(
    settings: Settings, statements: list[str], place: int
) -> None:
    unguarded(settings, *statements)
    chain = audit.verify(settings)
    assert chain.broken_at == place
    told = check(settings)[0]
    assert (told.name, told.verdict) == ("audit", "error")
    assert f"第 {place} 条" in told.message


def test_a_tail_cut_off_with_its_head_is_found_by_the_hash_that_was_noted(settings: Settings) -> None:
    noted = audit.verify(settings).head[:12]
    audit.record(settings, who="wang", action="upload", target="later")
    assert check(settings, noted)[0].verdict == "ok"
    last = "(SELECT hash FROM audit WHERE seq = 3)"
    unguarded(settings, "DELETE FROM audit WHERE seq > 3", f"UPDATE audit_head SET seq = 3, hash = {last}")
    assert check(settings)[0].verdict == "ok", "the chain itself cannot tell"
    assert check(settings, noted)[0].verdict == "error"


def test_a_whole_chain_is_said_to_be_whole(settings: Settings) -> None:
    assert audit.verify(settings).lines == 5
    assert check(settings)[0].verdict == "ok"


@trying(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(who=st.text(max_size=20), before=st.one_of(st.none(), st.dictionaries(st.text(max_size=5), st.text(max_size=9))))
def test_any_words_come_back_as_they_were(settings: Settings, who: str, before: dict | None) -> None:
    who = who.replace("\x00", "").encode("utf-8", "ignore").decode()
    audit.record(settings, who=who, action="x", target="目标\n'\"", before=before)
    found, _ = audit.lines(settings, limit=1)
    assert (found[0].who, found[0].target) == (who, "目标\n'\"")
    assert audit.verify(settings).broken_at is None


def test_several_processes_at_once_make_one_chain(tmp_path: Path) -> None:
    """Also where the file does not exist yet: one makes it, the others wait."""
    script = (
        "import sys; from pathlib import Path; from analytics.settings import Settings; "
        "from analytics.operations import audit\n"
        "for n in range(40): audit.record(Settings(data=Path(sys.argv[1])), who=sys.argv[2], action='a', target=str(n))"
    )
    running = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path), f"p{n}"]) for n in range(4)]
    assert [process.wait(timeout=60) for process in running] == [0, 0, 0, 0]
    chain = audit.verify(Settings(data=tmp_path))
    assert (chain.lines, chain.broken_at) == (160, None)


def test_lines_are_found_by_who_what_when_and_outcome(settings: Settings) -> None:
    audit.record(settings, who="li", action="login", target="li", success=False, address="10.0.0.1")
    assert audit.lines(settings, audit.Wanted(who="li"))[1] == 1
    assert audit.lines(settings, audit.Wanted(success=False))[0][0].address == "10.0.0.1"
    assert audit.lines(settings, audit.Wanted(target="file 3"))[1] == 1
    assert audit.lines(settings, audit.Wanted(since="2999"))[1] == 0
    found, total = audit.lines(settings, offset=2, limit=2)
    assert ([line.seq for line in found], total) == ([4, 3], 6)
    assert audit.words(settings) == (["li", "wang"], ["login", "upload"])
