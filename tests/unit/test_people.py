"""Accounts, passwords, sessions: the rules hold whoever calls."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from operations_kit import by_hand, rows

from analytics.operations import accounts, audit, passwords, sessions
from analytics.operations.accounts import AccountError
from analytics.operations.people import VISITOR, Person
from analytics.operations.roles import actions, roles
from analytics.settings import Settings
from dashboard.auth.views import links

GOOD = "一句好记又够长的话，只有我知道"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path)


def somebody(settings: Settings, login: str = "wang", **how) -> str:
    return accounts.add(settings, **{"login": login, "name": "王芳", "roles": ["分析"], "by": "test"} | how)


def lines(settings: Settings, action: str) -> list[audit.Line]:
    return audit.lines(settings, audit.Wanted(action=action))[0]


# Roles


def test_each_role_may_what_its_work_needs_and_no_more() -> None:
    def of(role: str) -> Person:
        return Person(id="x", login="x", name="x", roles=frozenset({role}))

    assert set(roles()) == {"leader", "analyst", "reporter", "steward", "admin", "auditor"}
    assert not of("leader").may("upload")
    assert of("reporter").may("upload")
    assert not of("reporter").may("original")
    assert of("steward").may("approve")
    assert [action for action in sorted(actions()) if of("admin").may(action)] == ["users"]
    assert [action for action in sorted(actions()) if of("auditor").may(action)] == ["audit"]


def test_nobody_without_a_grant_sees_a_discipline_ledger() -> None:
    for role in roles():
        assert not Person(id="x", login="x", name="x", roles=frozenset({role})).sees_ledger("integrity_exam")
    granted = Person(id="x", login="x", name="x", roles=frozenset({"leader"}), discipline=True)
    assert granted.sees_ledger("integrity_exam")


def test_a_visitor_reads_and_does_nothing_else() -> None:
    assert VISITOR.may("read")
    assert not [action for action in ("upload", "original", "revoke", "users", "audit", "views") if VISITOR.may(action)]
    assert VISITOR.sees_ledger("job_fair")
    assert not VISITOR.sees_ledger("integrity_exam")


# Passwords


@pytest.mark.parametrize(
    "weak",
    [
        "短",
        "aaaaaaaaaaaaaaaa",
        "123456789012",
        "qwertyuiop12",
        "password1234",
        "wangwangwang",
        "woaini123456",
        "abcdefghijkl",
    ],
)
def test_a_password_that_is_guessed_first_will_not_do(weak: str) -> None:
    assert passwords.problem(weak, "wang", "王芳")


@pytest.mark.parametrize("good", [GOOD, "correct horse battery", "k7mq-x3tz-9wpf"])
def test_a_long_password_of_any_signs_will_do(good: str) -> None:
    assert passwords.problem(good, "wang", "王芳") is None


def test_what_is_kept_is_an_argon2_hash_and_never_the_password(settings: Settings) -> None:
    password = somebody(settings)
    content = str(rows(settings, "SELECT * FROM people")) + str(rows(settings, "SELECT * FROM audit"))
    assert password not in content
    assert "$argon2id$" in content


@pytest.mark.sqlite
def test_the_file_is_for_its_owner_alone(settings: Settings) -> None:
    password = somebody(settings)
    assert password.encode() not in b"".join(
        path.read_bytes() for path in settings.processed.glob("operations.sqlite*")
    )
    assert settings.operations.stat().st_mode & 0o077 == 0


# Signing in


def test_a_one_time_password_lets_in_and_must_be_changed(settings: Settings) -> None:
    password = somebody(settings)
    entry = sessions.sign_in(settings, "WANG ", password)
    assert entry.token
    person = sessions.person(settings, entry.token)
    assert person is not None
    assert person.must_change
    accounts.set_password(settings, person, password, GOOD, keep=sessions.hash_of(entry.token))
    fresh = sessions.person(settings, entry.token)
    assert fresh is not None
    assert not fresh.must_change
    assert sessions.sign_in(settings, "wang", password).token is None
    assert sessions.sign_in(settings, "wang", GOOD).token


def test_five_wrong_passwords_lock_and_time_unlocks(settings: Settings) -> None:
    password = somebody(settings)
    said = [sessions.sign_in(settings, "wang", "wrong").problem for _ in range(6)]
    assert set(said) == {sessions.WRONG}, "a guesser is told the same every time"
    assert sessions.sign_in(settings, "wang", password).problem == sessions.LOCKED
    by_hand(settings, "UPDATE people SET locked_until = '2020-01-01T00:00:00+00:00'")
    assert sessions.sign_in(settings, "wang", password).token


def test_an_unknown_login_is_answered_like_a_wrong_password(settings: Settings) -> None:
    somebody(settings)
    assert sessions.sign_in(settings, "nobody", "x").problem == sessions.sign_in(settings, "wang", "x").problem


def test_a_one_time_password_left_lying_expires(settings: Settings) -> None:
    password = somebody(settings)
    by_hand(settings, "UPDATE people SET changed_at = '2020-01-01T00:00:00+00:00'")
    assert sessions.sign_in(settings, "wang", password).problem == sessions.EXPIRED


def test_a_session_ends_without_use_and_after_a_days_work(settings: Settings) -> None:
    password = somebody(settings)
    for column in ("seen_at", "created_at"):
        token = sessions.sign_in(settings, "wang", password).token
        assert token
        old = (dt.datetime.now(dt.UTC) - dt.timedelta(hours=13)).isoformat(timespec="seconds")
        by_hand(settings, f"UPDATE sessions SET {column} = '{old}'")
        assert sessions.person(settings, token) is None
        by_hand(settings, f"UPDATE sessions SET {column} = '2999-01-01T00:00:00+00:00'")
        assert sessions.person(settings, token) is None, "what has ended does not come back"


def test_signing_out_and_disabling_end_a_session_at_once(settings: Settings) -> None:
    password = somebody(settings)
    first, second = (sessions.sign_in(settings, "wang", password).token for _ in range(2))
    assert first
    assert second
    sessions.sign_out(settings, first, who="wang")
    assert sessions.person(settings, first) is None
    assert sessions.person(settings, second)
    accounts.change(settings, "wang", by="test", enabled=False)
    assert sessions.person(settings, second) is None
    assert sessions.sign_in(settings, "wang", password).token is None


def test_a_new_password_ends_the_other_sessions(settings: Settings) -> None:
    password = somebody(settings)
    here, there = (sessions.sign_in(settings, "wang", password).token or "" for _ in range(2))
    person = sessions.person(settings, here)
    assert person
    accounts.set_password(settings, person, password, GOOD, keep=sessions.hash_of(here))
    assert sessions.person(settings, here)
    assert sessions.person(settings, there) is None


def test_the_token_itself_is_not_kept(settings: Settings) -> None:
    token = sessions.sign_in(settings, "wang", somebody(settings)).token
    assert token
    assert token not in str(rows(settings, "SELECT * FROM sessions"))


# Accounts


def test_roles_counties_and_ledgers_are_named_as_people_name_them(settings: Settings) -> None:
    somebody(settings, roles=["填报"], counties=["渭滨"], ledgers=["招聘会台账"])
    found = accounts.find(settings, "wang")
    assert (found.roles, found.counties, found.ledgers) == (("reporter",), ("渭滨区",), ("job_fair",))
    assert accounts.change(settings, "wang", by="test", counties=["全市"], ledgers=["全部"]).counties is None


@pytest.mark.parametrize(
    "wrong",
    [{"login": "x y"}, {"name": " "}, {"roles": ["皇帝"]}, {"roles": []}, {"counties": ["北京"]}, {"ledgers": ["无"]}],
)
def test_an_account_that_makes_no_sense_is_refused_in_words(settings: Settings, wrong: dict) -> None:
    with pytest.raises(AccountError):
        somebody(settings, **wrong)
    assert accounts.everyone(settings) == []


def test_a_login_is_given_once(settings: Settings) -> None:
    somebody(settings)
    with pytest.raises(AccountError, match="已经有人用了"):
        somebody(settings, login="Wang")


def test_somebody_is_always_left_to_manage_accounts(settings: Settings) -> None:
    somebody(settings, roles=["系统管理"])
    for change in ({"enabled": False}, {"roles": ["分析"]}):
        with pytest.raises(AccountError, match="唯一"):
            accounts.change(settings, "wang", by="test", **change)
    somebody(settings, login="li", roles=["系统管理"])
    accounts.change(settings, "wang", by="test", enabled=False)


def test_every_change_of_an_account_is_on_record_with_before_and_after(settings: Settings) -> None:
    password = somebody(settings)
    accounts.change(settings, "wang", by="admin", address="10.0.0.9", roles=["填报"], counties=["凤县"])
    accounts.reset(settings, "wang", by="admin")
    sessions.sign_in(settings, "wang", "wrong", address="10.0.0.7")
    changed = lines(settings, "role-change")[0]
    assert '"analyst"' in (changed.before or "")
    assert '"reporter"' in (changed.after or "")
    assert (changed.who, changed.address) == ("admin", "10.0.0.9")
    assert [line.success for line in lines(settings, "login")] == [False]
    assert not [line for line in audit.lines(settings)[0] if password in str(line)]
    assert audit.verify(settings).broken_at is None


def test_whoever_must_change_the_password_first_is_shown_no_other_page() -> None:
    person = Person(id="x", login="x", name="王", roles=frozenset({"admin", "auditor"}), must_change=True)
    assert links(person) == []
    assert ("王", "/account") in links(replace(person, must_change=False))
