"""One typed settings object for everything: environment (``TAIZHANG_*``), ``taizhang.toml``, defaults.

The data folder is one setting; every path below it is derived here and nowhere else.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)


class Settings(BaseSettings):
    """All settings. Sizes in bytes, times in seconds."""

    model_config = SettingsConfigDict(env_prefix="TAIZHANG_", toml_file="taizhang.toml", extra="forbid", frozen=True)

    data: Path = Path("data")
    lock_wait: float = Field(default=30.0, ge=0)
    """How long a write waits for another process to finish its own."""
    reader_memory: int = Field(default=2 << 30, gt=0)
    """Most memory that a process may take to read one file; a ledger of a million rows takes about 1.5 GiB."""
    reader_seconds: float = Field(default=120.0, gt=0)
    max_file_bytes: int = Field(default=200 << 20, gt=0)
    max_unpacked_bytes: int = Field(default=2 << 30, gt=0)
    max_cells: int = Field(default=40_000_000, gt=0)
    keep_versions: int = Field(default=10, ge=2)
    """Published versions kept besides the current one."""
    keep_unconfirmed_days: int = Field(default=90, ge=0)
    """How long a file handed in through the browser is kept if nobody confirms it; 0 for good."""
    host: str = "127.0.0.1"
    port: int = Field(default=8050, ge=1, le=65535)
    secret_key: str | None = None
    """Signs cookies; made on the first run and kept in the data folder if not given."""
    operations_url: SecretStr | None = None
    """Where people and the audit are kept instead of in the data folder: a SQLAlchemy address of PostgreSQL."""
    idle_minutes: float = Field(default=30, gt=0)
    """A session ends after this long without use."""
    session_hours: float = Field(default=12, gt=0)
    """A session ends after this long in any case."""
    hosts: Annotated[tuple[str, ...], NoDecode] = ()
    """Names (without port) this server is reached by, besides this machine's own name and plain addresses."""
    proxies: int = Field(default=0, ge=0, le=5)
    """Reverse proxies in front whose X-Forwarded headers are to be believed."""
    log_requests: bool = False
    """Write a JSON line a request to standard error (no addresses, names or values)."""
    metrics_token: SecretStr | None = None
    """Lets a Prometheus that is not on this machine read /metrics."""
    oidc_issuer: str | None = None
    """The identity provider's issuer address; with it, sign-in by the provider is offered beside passwords."""
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    oidc_name: str = "统一身份认证"
    """What the provider is called on the sign-in page."""

    @field_validator("hosts", mode="before")
    @classmethod
    def _names(cls, value: object) -> object:
        """Take names written one after the other, with commas or blanks between."""
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the base class's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the base class's signature
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: arguments, environment, then ``taizhang.toml`` in the working folder."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @property
    def limits(self) -> dict[str, int]:
        """How large a file may be: the fields of ``grid.Limits``."""
        return {
            "max_file_bytes": self.max_file_bytes,
            "max_unpacked_bytes": self.max_unpacked_bytes,
            "max_cells": self.max_cells,
        }

    @property
    def raw(self) -> Path:
        """Original uploads, by content hash, never changed."""
        return self.data / "raw"

    @property
    def processed(self) -> Path:
        """Everything made from the uploads."""
        return self.data / "processed"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file only a writer opens."""
        return self.processed / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        """Immutable versions that readers open."""
        return self.processed / "published"

    @property
    def demo(self) -> bool:
        """Whether the data folder holds the demo workbooks (演示数据)."""
        return (self.data / "demo").is_dir()

    @property
    def operations(self) -> Path:
        """Users, sessions, audit, saved views (SQLite)."""
        return self.processed / "operations.sqlite"
