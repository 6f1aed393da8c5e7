"""What holds for every test: a busy machine is not a failure, so no example has a deadline."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("taizhang", deadline=None)
settings.load_profile("taizhang")
