"""What holds for every test: a busy machine is not a failure, and processes they start can be interrupted.

With ``TAIZHANG_TEST_POSTGRESQL`` every test has a database of its own in the PostgreSQL of that address.
"""

from __future__ import annotations

import os
import signal
import uuid
from collections.abc import Iterator

import pytest
from hypothesis import settings

# A shell lets what it starts in the background ignore Ctrl-C, and all that is started from there inherits it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# `make test` draws the same examples every time and so says the same of the same code; `make test-all` draws new ones.
settings.register_profile("taizhang", deadline=None, derandomize=True)
settings.register_profile("new-examples", deadline=None)
settings.load_profile(os.environ.get("TAIZHANG_TEST_EXAMPLES", "taizhang"))

POSTGRESQL = os.environ.get("TAIZHANG_TEST_POSTGRESQL")

if POSTGRESQL:

    @pytest.fixture(autouse=True)
    def tables_of_its_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        from operations_kit import forget
        from sqlalchemy import create_engine, make_url

        # A person of the database's own, in whose schema everything is made.
        name = f"test_{uuid.uuid4().hex}"
        server = create_engine(POSTGRESQL, isolation_level="AUTOCOMMIT")
        with server.connect() as connection:
            connection.exec_driver_sql(f"CREATE ROLE {name} LOGIN")
            connection.exec_driver_sql(f"CREATE SCHEMA AUTHORIZATION {name}")
        monkeypatch.setenv("TAIZHANG_OPERATIONS_URL", make_url(POSTGRESQL).set(username=name).render_as_string(False))
        yield
        forget()
        with server.connect() as connection:
            connection.exec_driver_sql(
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{name}'"
            )
            connection.exec_driver_sql(f"DROP OWNED BY {name}")
            connection.exec_driver_sql(f"DROP ROLE {name}")
        server.dispose()
