"""The key that signs cookies: given by a setting, or made on the first run and kept in the data folder.

This module must not know what is signed.
"""

from __future__ import annotations

import os
import secrets

from analytics.settings import Settings


def secret_key(settings: Settings) -> str:
    """Return the key; all processes over one data folder get the same one."""
    if settings.secret_key is not None:
        return settings.secret_key
    path = settings.processed / "secret.key"
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    if not path.exists():
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
            stream.write(secrets.token_hex(32))
        try:
            # Whoever is first wins; the others read what is there.
            path.hardlink_to(fresh)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text(encoding="utf-8").strip()
