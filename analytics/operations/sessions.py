"""Signing in and out: passwords tried, locks, and sessions that the server knows and can end.

A browser holds a random token; the database holds its hash. A session ends after a time without use, after a day's work
at the latest, and at once when it is signed out, disabled or its password changes. This module must not know cookies.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analytics.operations import audit, database, passwords
from analytics.operations.accounts import after, now, person_of
from analytics.operations.people import Person
from analytics.settings import Settings

if TYPE_CHECKING:
    from analytics.operations.models import Account

FAILURES = 5
"""Wrong passwords in a row after which an account is locked."""
LOCKED_SECONDS = 15 * 60
TOUCH_SECONDS = 60
"""How exactly the last use of a session is kept: writing at every request would slow pages."""
ONE_TIME_DAYS = 7
"""How long a one-time password may wait for its first use."""

WRONG = f"登录名或密码不对。连续输错 {FAILURES} 次会锁定 {LOCKED_SECONDS // 60} 分钟。"
LOCKED = f"连续输错 {FAILURES} 次，账号已锁定。请 {LOCKED_SECONDS // 60} 分钟后再试，或请系统管理员重置密码。"
EXPIRED = f"一次性密码超过 {ONE_TIME_DAYS} 天没有使用，已经失效。请联系系统管理员重置。"


@dataclass(frozen=True, slots=True)
class Entry:
    """What came of an attempt to sign in: a token, or why not, in Chinese."""

    token: str | None
    problem: str = ""


def hash_of(token: str) -> str:
    """Return what the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def sign_in(settings: Settings, login: str, password: str, *, address: str | None = None) -> Entry:
    """Try a password. An unknown login, a disabled account and a wrong password are answered alike."""
    from sqlalchemy import select, update

    from analytics.operations.models import Account

    name = login.strip().lower()
    with database.session(settings) as session:
        account = session.scalar(select(Account).where(Account.login == name))
        kept = account.password if account is not None else None
        moment = now()
        locked = account is not None and account.locked_until is not None and account.locked_until > moment
    # Hashing takes its time: no transaction waits for it.
    right = passwords.fits(kept, password)
    problem = ""
    if account is None or not account.enabled or (not right and not locked):
        problem = WRONG
    elif locked:
        # Said to whoever knows the password only: others learn nothing of which logins exist.
        problem = LOCKED if right else WRONG
    elif account.must_change and account.changed_at < after(-ONE_TIME_DAYS * 86_400):
        problem = EXPIRED
    token = None
    with database.session(settings) as session:
        if account is not None and not right and not locked:
            counted = update(Account).where(Account.id == account.id).values(failures=Account.failures + 1)
            session.execute(counted)
            failures = session.scalar(select(Account.failures).where(Account.id == account.id)) or 0
            if failures >= FAILURES:
                until = update(Account).where(Account.id == account.id)
                session.execute(until.values(failures=0, locked_until=after(LOCKED_SECONDS)))
        elif account is not None and not problem:
            fresh = session.get_one(Account, account.id)
            fresh.failures, fresh.locked_until, fresh.seen_at = 0, None, moment
            if kept is not None and passwords.outdated(kept):
                fresh.password = passwords.hash_of(password)
            token = _begin(session, fresh)
    audit.record(
        settings, who=name[:64], action="login", target=name[:64], success=token is not None, address=address,
        after={"reason": problem} if problem else None,
    )  # fmt: skip
    return Entry(token, problem)


def sign_in_as(settings: Settings, subject: str, login: str, name: str, *, address: str | None = None) -> Entry:
    """Let somebody in whom the identity provider vouches for; the account must exist, by its subject or its login.

    The first time, an account of that login is bound to the provider's subject and to no other after.
    """
    from sqlalchemy import select

    from analytics.operations.models import Account

    token, problem = None, f"单位的统一身份认证通过了，但这里还没有“{login or name}”的账号。请联系系统管理员开通。"
    with database.session(settings) as session:
        account = session.scalar(select(Account).where(Account.subject == subject))
        if account is None and login:
            named = session.scalar(select(Account).where(Account.login == login.strip().lower()))
            account = named if named is not None and named.subject is None else None
        if account is not None and account.enabled:
            account.subject, account.seen_at, account.must_change = subject, now(), 0
            token, problem = _begin(session, account), ""
        who = account.login if account is not None else login
    audit.record(
        settings, who=who[:64], action="login", target=who[:64], success=token is not None, address=address,
        after={"by": "oidc"},
    )  # fmt: skip
    return Entry(token, problem)


def _begin(session: object, account: Account) -> str:
    from sqlalchemy import delete
    from sqlalchemy.orm import Session

    from analytics.operations.models import SignedIn

    assert isinstance(session, Session)  # noqa: S101 - the caller's, said for the type checker
    token = secrets.token_urlsafe(32)
    session.execute(delete(SignedIn).where(SignedIn.seen_at < after(-2 * 86_400)))
    session.add(SignedIn(token=hash_of(token), person_id=account.id, created_at=now(), seen_at=now()))
    return token


def person(settings: Settings, token: str) -> Person | None:
    """Return whose session a token is; ``None`` where there is none, or not any more."""
    from sqlalchemy import select, update

    from analytics.operations.models import Account, SignedIn

    if not database.exists(settings):
        return None
    with database.session(settings) as session:
        asked = select(SignedIn.created_at, SignedIn.seen_at, Account).join(Account, Account.id == SignedIn.person_id)
        row = session.execute(asked.where(SignedIn.token == hash_of(token))).first()
        if row is None:
            return None
        created, seen, account = row
        idle = seen < after(-settings.idle_minutes * 60)
        if idle or created < after(-settings.session_hours * 3600) or not account.enabled:
            ended = session.get(SignedIn, hash_of(token))
            if ended is not None:
                session.delete(ended)
            return None
        if seen < after(-TOUCH_SECONDS):
            session.execute(update(SignedIn).where(SignedIn.token == hash_of(token)).values(seen_at=now()))
        return person_of(account)


def sign_out(settings: Settings, token: str, *, who: str, address: str | None = None) -> None:
    """End a session."""
    from sqlalchemy import delete

    from analytics.operations.models import SignedIn

    with database.session(settings) as session:
        session.execute(delete(SignedIn).where(SignedIn.token == hash_of(token)))
    audit.record(settings, who=who, action="logout", target=who, address=address)
