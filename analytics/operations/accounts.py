"""Accounts: made, changed, listed. Every change is a line of the audit, with what was there before and what is now.

The rules hold here, whoever calls (the command line, the administrator's page). This module must not know pages or how
a session is kept.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analytics.operations import audit, database, passwords
from analytics.operations.people import Person
from analytics.operations.roles import find_role, names, roles
from analytics.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from analytics.operations.models import Account

ALL_LEDGERS = "全部"
"""Lifts the limit to some ledgers."""
_LOGIN = re.compile(r"[\w.@-]{2,64}")


class AccountError(Exception):
    """An account that cannot be made or changed so; in Chinese, with what would be right."""


@dataclass(frozen=True, slots=True)
class About:
    """One account as the administrator sees it; times are ISO texts in UTC."""

    id: str
    login: str
    name: str
    roles: tuple[str, ...]
    counties: tuple[str, ...] | None
    ledgers: tuple[str, ...] | None
    discipline: bool
    enabled: bool
    must_change: bool
    locked_until: str | None
    created_at: str
    seen_at: str | None

    def told(self) -> dict[str, Any]:
        """Return what the audit keeps of an account."""
        return {
            "name": self.name,
            "roles": list(self.roles),
            "counties": self.counties and list(self.counties),
            "ledgers": self.ledgers and list(self.ledgers),
            "discipline": self.discipline,
            "enabled": self.enabled,
        }


def now() -> str:
    """Return the moment as the database keeps it."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")


def after(seconds: float) -> str:
    """Return the moment ``seconds`` from now (or before now)."""
    return (dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)).isoformat(timespec="seconds")


def person_of(account: Account) -> Person:
    """Return the person an account stands for."""
    return Person(
        id=account.id,
        login=account.login,
        name=account.name,
        roles=frozenset(json.loads(account.roles)),
        counties=_set(account.counties),
        ledgers=_set(account.ledgers),
        discipline=bool(account.discipline),
        must_change=bool(account.must_change),
        enabled=bool(account.enabled),
    )


def _set(text: str | None) -> frozenset[str] | None:
    return None if text is None else frozenset(json.loads(text))


def _about(account: Account) -> About:
    person = person_of(account)
    return About(
        id=person.id,
        login=person.login,
        name=person.name,
        roles=tuple(role for role in roles() if role in person.roles),
        counties=None if person.counties is None else tuple(sorted(person.counties)),
        ledgers=None if person.ledgers is None else tuple(sorted(person.ledgers)),
        discipline=person.discipline,
        enabled=person.enabled,
        must_change=person.must_change,
        locked_until=account.locked_until if account.locked_until and account.locked_until > now() else None,
        created_at=account.created_at,
        seen_at=account.seen_at,
    )


def any_account(settings: Settings) -> bool:
    """Return whether anybody could sign in."""
    from sqlalchemy import exists, select

    from analytics.operations.models import Account

    if not database.exists(settings):
        return False
    with database.session(settings) as session:
        return bool(session.scalar(select(exists().where(Account.enabled == 1))))


def everyone(settings: Settings) -> list[About]:
    """Return all accounts in the order of their logins."""
    from sqlalchemy import select

    from analytics.operations.models import Account

    with database.session(settings) as session:
        return [_about(account) for account in session.scalars(select(Account).order_by(Account.login))]


def find(settings: Settings, login: str) -> About:
    """Return one account.

    Raises:
        AccountError: There is none.
    """
    with database.session(settings) as session:
        return _about(_account(session, login))


def _account(session: Session, login: str) -> Account:
    from sqlalchemy import select

    from analytics.operations.models import Account

    found = session.scalar(select(Account).where(Account.login == _folded(login)))
    if found is None:
        raise AccountError(f"没有登录名为“{login}”的账号。请用 taizhang users list 查看全部账号。")
    return found


def _folded(login: str) -> str:
    return login.strip().lower()


def chosen_roles(words: Iterable[str]) -> list[str]:
    """Return the ids of the roles that words name.

    Raises:
        AccountError: There is no such role.
    """
    found = []
    for word in words:
        role = find_role(word)
        if role is None:
            raise AccountError(f"没有“{word}”这个角色。可以用：{names(roles())}。")
        found.append(role.id)
    return [role for role in roles() if role in found]


def chosen_counties(words: Sequence[str] | None) -> list[str] | None:
    """Return the names of the counties that words name; ``None`` (no limit) for none and for the whole city.

    Raises:
        AccountError: There is no such county.
    """
    from analytics.metrics.question import MetricError, find_county

    found = set()
    for word in words or ():
        try:
            place = find_county(word)
        except MetricError as error:
            raise AccountError(f"{error}。") from error
        if place is None:
            return None
        found.add(place)
    return sorted(found) or None


def chosen_ledgers(words: Sequence[str] | None) -> list[str] | None:
    """Return the ids of the ledgers that words name; ``None`` (no limit) for none and for 全部.

    Raises:
        AccountError: There is no such ledger.
    """
    from analytics.ledgers.model import ledgers

    known = {ledger.name: ledger.id for ledger in ledgers().values()}
    found = set()
    for word in words or ():
        if word == ALL_LEDGERS:
            return None
        ledger = word if word in ledgers() else known.get(word)
        if ledger is None:
            raise AccountError(f"没有“{word}”这种台账。请用 taizhang ledgers 查看全部台账。")
        found.add(ledger)
    return sorted(found) or None


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)


def add(
    settings: Settings,
    *,
    login: str,
    name: str,
    roles: Sequence[str],
    counties: Sequence[str] | None = None,
    ledgers: Sequence[str] | None = None,
    discipline: bool = False,
    by: str,
    address: str | None = None,
) -> str:
    """Make an account and return its one-time password, which must be changed at the first sign-in.

    Raises:
        AccountError: The login is taken or no login, or a role, county or ledger does not exist.
    """
    from sqlalchemy.exc import IntegrityError

    from analytics.operations.models import Account

    if not _LOGIN.fullmatch(login.strip()):
        raise AccountError("登录名要 2 到 64 个字符，只用字母、数字、汉字和 . _ - @。")
    if not name.strip():
        raise AccountError("请写姓名。")
    held = chosen_roles(roles)
    if not held:
        raise AccountError(f"请至少给一个角色：{names(_all_roles())}。")
    password = passwords.one_time()
    made = Account(
        id=uuid.uuid4().hex,
        login=_folded(login),
        name=name.strip(),
        password=passwords.hash_of(password),
        roles=json.dumps(held),
        counties=_json(chosen_counties(counties)),
        ledgers=_json(chosen_ledgers(ledgers)),
        discipline=int(discipline),
        enabled=1,
        must_change=1,
        failures=0,
        created_at=now(),
        changed_at=now(),
    )
    try:
        with database.session(settings) as session:
            session.add(made)
    except IntegrityError as error:
        raise AccountError(f"登录名“{login}”已经有人用了，请换一个。") from error
    audit.record(settings, who=by, action="user-add", target=made.login, after=_about(made).told(), address=address)
    return password


def _all_roles() -> Iterable[str]:
    return roles()


_KEEP: Any = object()
"""What is not to be changed."""


def change(
    settings: Settings,
    login: str,
    *,
    by: str,
    address: str | None = None,
    name: str = _KEEP,
    roles: Sequence[str] = _KEEP,
    counties: Sequence[str] | None = _KEEP,
    ledgers: Sequence[str] | None = _KEEP,
    discipline: bool = _KEEP,
    enabled: bool = _KEEP,
) -> About:
    """Change what is given of an account; who is disabled is signed out at once.

    Raises:
        AccountError: There is no such account, role, county or ledger; or nobody would be left to manage accounts.
    """
    from sqlalchemy import delete

    from analytics.operations.models import SignedIn

    with database.session(settings) as session:
        account = _account(session, login)
        before = _about(account)
        if name is not _KEEP:
            if not name.strip():
                raise AccountError("请写姓名。")
            account.name = name.strip()
        if roles is not _KEEP:
            held = chosen_roles(roles)
            if not held:
                raise AccountError(f"请至少给一个角色：{names(_all_roles())}。")
            account.roles = json.dumps(held)
        if counties is not _KEEP:
            account.counties = _json(chosen_counties(counties))
        if ledgers is not _KEEP:
            account.ledgers = _json(chosen_ledgers(ledgers))
        if discipline is not _KEEP:
            account.discipline = int(discipline)
        if enabled is not _KEEP:
            account.enabled = int(enabled)
            account.failures, account.locked_until = 0, None
            if not enabled:
                session.execute(delete(SignedIn).where(SignedIn.person_id == account.id))
        session.flush()
        now_ = _about(account)
        _somebody_left(session, before, now_)
    if now_ != before:
        audit.record(
            settings, who=by, action=_kind(before, now_), target=now_.login, before=before.told(), after=now_.told(),
            address=address,
        )  # fmt: skip
    return now_


def _kind(before: About, now_: About) -> str:
    if before.enabled != now_.enabled:
        return "user-enable" if now_.enabled else "user-disable"
    return "role-change" if before.roles != now_.roles else "user-change"


def _somebody_left(session: Session, before: About, now_: About) -> None:
    """Refuse a change after which no account could manage accounts, where one could before."""
    from sqlalchemy import select

    from analytics.operations.models import Account

    def manages(one: About) -> bool:
        return one.enabled and "admin" in one.roles

    if manages(before) and not manages(now_):
        others = session.scalars(select(Account).where(Account.enabled == 1))
        if not any(manages(_about(account)) for account in others):
            raise AccountError("这是唯一能管理账号的系统管理员，不能停用或去掉角色；请先给另一个账号“系统管理”角色。")


def reset(settings: Settings, login: str, *, by: str, address: str | None = None) -> str:
    """Give an account a new one-time password, end its sessions and lift its lock; return the password.

    Raises:
        AccountError: There is no such account.
    """
    from sqlalchemy import delete

    from analytics.operations.models import SignedIn

    password = passwords.one_time()
    with database.session(settings) as session:
        account = _account(session, login)
        account.password = passwords.hash_of(password)
        account.must_change, account.failures, account.locked_until = 1, 0, None
        account.changed_at = now()
        session.execute(delete(SignedIn).where(SignedIn.person_id == account.id))
        target = account.login
    audit.record(settings, who=by, action="password-reset", target=target, address=address)
    return password


def set_password(
    settings: Settings, person: Person, old: str, new: str, *, keep: str | None = None, address: str | None = None
) -> None:
    """Change a person's own password; other sessions of theirs end.

    Args:
        settings: Where the operations database is.
        person: Whose.
        old: The password so far.
        new: The new one.
        keep: The hash of the session that goes on (``sessions.hash_of``).
        address: The network address it came from.

    Raises:
        AccountError: The old one is wrong, or the new one will not do.
    """
    from sqlalchemy import delete

    from analytics.operations.models import Account, SignedIn

    wrong = passwords.problem(new, person.login, person.name)
    with database.session(settings) as session:
        account = session.get_one(Account, person.id)
        if not passwords.fits(account.password, old):
            wrong = "现在的密码不对。"
        elif passwords.fits(account.password, new):
            wrong = "新密码不能和现在的一样。"
        if wrong is None:
            account.password = passwords.hash_of(new)
            account.must_change = 0
            account.changed_at = now()
            others = delete(SignedIn).where(SignedIn.person_id == account.id)
            session.execute(others if keep is None else others.where(SignedIn.token != keep))
    audit.record(
        settings,
        who=person.login,
        action="password-change",
        target=person.login,
        success=wrong is None,
        address=address,
    )
    if wrong is not None:
        raise AccountError(wrong)
