"""What holds for every test: a busy machine is not a failure, and processes they start can be interrupted."""

from __future__ import annotations

import signal

from hypothesis import settings

# A shell lets what it starts in the background ignore Ctrl-C, and all that is started from there inherits it.
signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("taizhang", deadline=None)
settings.load_profile("taizhang")
