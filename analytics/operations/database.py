"""The operations database: opened, brought up to date, asked.

SQLite in the data folder, PostgreSQL by ``TAIZHANG_OPERATIONS_URL``. A new SQLite file is made without SQLAlchemy and
Alembic, whose loading a short command should not wait for; everything else goes through them. This module must not know
what the tables hold.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from analytics.operations.migrations import statements, steps
from analytics.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlalchemy.orm import Session

BUSY_SECONDS = 15.0
"""How long a write waits for another process's own."""
_LOCK = 0x7A_74_61_6A
"""The advisory lock of PostgreSQL under which the steps run."""


class OperationsError(Exception):
    """The operations database cannot be used; in Chinese, with what to do."""


_engines: dict[tuple[int, str, int], Engine] = {}
_lock = threading.Lock()


def exists(settings: Settings) -> bool:
    """Return whether there is an operations database; one reached by its address always counts as being there."""
    return settings.operations_url is not None or settings.operations.exists()


def ready(settings: Settings) -> Path | None:
    """Make or bring up to date the SQLite file; return its path, ``None`` where PostgreSQL is used.

    Raises:
        OperationsError: It was written by newer software, or is damaged.
    """
    if settings.operations_url is not None:
        return None
    path = settings.operations
    newest = steps()[-1]
    if path.exists() and _step(path) == newest:
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(path.name + ".lock"), timeout=BUSY_SECONDS):
        have = _step(path) if path.exists() else None
        if have is None:
            _create(path)
        elif have not in steps():
            raise OperationsError(f"账号与审计库由更新的软件写成（第 {have} 步），请先升级软件。")
        elif have != newest:
            with _engine_of(f"sqlite:///{path}").connect() as connection:
                migrate(connection)
    return path


def _step(path: Path) -> str | None:
    """Return the step a file stands at; ``None`` where nothing was made in it yet."""
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as connection:
            row = connection.execute("SELECT name FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
            if row is None:
                return None
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            return str(row[0]) if row else None
    except sqlite3.DatabaseError as error:
        raise OperationsError(f"账号与审计库 {path.name} 已损坏或不可读，请从备份恢复（taizhang restore）。") from error


def _create(path: Path) -> None:
    with closing(connect(path)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        for step in steps():
            for statement in statements(step, "sqlite"):
                connection.execute(statement)
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        connection.execute("INSERT INTO alembic_version VALUES (?)", [steps()[-1]])
        connection.execute("COMMIT")
    path.chmod(0o600)


def connect(path: Path) -> sqlite3.Connection:
    """Return a plain connection to the SQLite file; the caller begins and ends transactions."""
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def engine(settings: Settings) -> Engine:
    """Return the database, up to date; one a process, made anew after a fork or when a restore replaced the file."""
    if settings.operations_url is not None:
        key = (os.getpid(), settings.operations_url.get_secret_value(), 0)
    else:
        path = settings.operations.resolve()
        if not path.exists():
            ready(settings)
        key = (os.getpid(), f"sqlite:///{path}", path.stat().st_ino)
    with _lock:
        if key not in _engines:
            ready(settings)
            made = _engine_of(key[1])
            if settings.operations_url is not None:
                _bring_up(made)
            for old in [one for one in _engines if one[1] == key[1] and one != key]:
                _engines.pop(old)
            _engines[key] = made
        return _engines[key]


def _bring_up(made: Engine) -> None:
    """Run the steps a PostgreSQL lacks; of several processes that start together one does."""
    from alembic.util import CommandError
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError

    try:
        with made.connect() as connection:
            # Freed when the connection is given back for good, whatever happens in between.
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
            connection.commit()
            try:
                migrate(connection)
            finally:
                connection.rollback()
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
                connection.commit()
    except CommandError as error:
        raise OperationsError("账号与审计库由更新的软件写成，请先升级软件。") from error
    except DBAPIError as error:
        hint = "请确认数据库已启动，地址、账号和密码正确，且该账号可以在库里建表。"
        raise OperationsError(f"用不了 TAIZHANG_OPERATIONS_URL 所指的数据库。{hint}") from error


def _engine_of(url: str) -> Engine:
    from sqlalchemy import create_engine, event
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError

    sqlite = url.startswith("sqlite")
    try:
        # A server that was restarted meanwhile is asked anew instead of answering with an error.
        made = create_engine(url, connect_args={"timeout": BUSY_SECONDS} if sqlite else {}, pool_pre_ping=not sqlite)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        hint = "地址例如 postgresql+pg8000://用户:密码@主机/库；驱动用 make setup-postgresql 安装。"
        raise OperationsError(f"TAIZHANG_OPERATIONS_URL 不能用：地址写得不对，或没有装它的驱动。{hint}") from error
    if sqlite:

        @event.listens_for(made, "connect")
        def opened(connection: Any, _: Any) -> None:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA foreign_keys = ON")

    return made


def migrate(connection: Connection) -> None:
    """Run the steps that are missing."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    connection.commit()


@contextmanager
def session(settings: Settings) -> Iterator[Session]:
    """Give a session whose work is committed at the end, or undone as a whole."""
    from sqlalchemy.orm import Session

    with Session(engine(settings), expire_on_commit=False) as made, made.begin():
        yield made
