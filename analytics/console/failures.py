"""How the command ends: exit codes, and one sentence instead of a traceback.

This module must not know any verb; expected failures are told to it as ``Failure``.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import click

from analytics.console.output import BAD, note

HELD_BACK, WRONG_USAGE, LOCKED = 1, 2, 3
"""Exit codes besides 0: something quarantined, rejected or failed; wrong usage; another process is writing."""


class Failure(click.ClickException):
    """Something a person can put right: a Chinese sentence, and what to do about it."""

    def __init__(self, message: str, hint: str = "", code: int = HELD_BACK) -> None:
        super().__init__(f"{message}\n{hint}" if hint else message)
        self.code = code

    @property
    def exit_code(self) -> int:  # type: ignore[override]
        """The code of the contract this failure ends with."""
        return self.code

    def show(self, file: Any = None) -> None:  # noqa: ARG002 - click's signature
        """Print the sentence on standard error."""
        note(f"错误：{self.message}", BAD)


def write_log(folder: Path, error: BaseException) -> Path:
    """Keep the traceback of an unexpected error where the administrator finds it.

    Where ``folder`` cannot be written the system's temporary folder takes it.
    """
    name = f"error-{dt.datetime.now().astimezone():%Y%m%d-%H%M%S}-{os.getpid()}.log"
    text = "".join(traceback.format_exception(error))
    for place in (folder, Path(tempfile.gettempdir())):
        try:
            place.mkdir(parents=True, exist_ok=True)
            path = place / name
            path.write_text(text, encoding="utf-8")
        except OSError:
            continue
        return path
    raise error


def explain(error: OSError) -> str | None:
    """Return what an operating-system error means to a person, or ``None`` where it is no plain matter."""
    where = f"“{error.filename}”" if error.filename else "数据文件夹"
    match error:
        case PermissionError():
            return f"没有权限读写{where}。"
        case FileNotFoundError():
            return f"找不到{where}。"
        case IsADirectoryError():
            return f"{where}是文件夹，这里要的是文件。"
        case NotADirectoryError() | FileExistsError():
            return f"{where}不是文件夹。"
        case _ if error.errno == 28:
            return "磁盘已满，没有写完。"
        case _ if error.errno == 30:
            return f"{where}所在的磁盘是只读的。"
    return None


class Command(click.Group):
    """The top of a command: its verbs in the order they were declared, and every way it can end."""

    own_process = False
    """Whether the command runs as a process of its own, not inside another program."""
    leave_at_once = False
    """Whether a verb has put everything where it belongs, and what the interpreter would still do is lost time."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the verbs in the order of their declaration, which is the order of the work."""
        return list(self.commands)

    def main(self, args: Sequence[str] | None = None, **extra: Any) -> NoReturn:  # type: ignore[override]
        """Run and exit with the code of the contract, whatever happens."""
        extra["standalone_mode"] = False
        self.own_process = args is None
        try:
            code = super().main(args, **extra)
        except click.Abort:
            note("已中断。")
            sys.exit(HELD_BACK)
        except click.ClickException as error:
            error.show()
            sys.exit(error.exit_code)
        except Exception as error:  # noqa: BLE001 - the last line of defence: no traceback reaches a user
            failure = self.failure(error)
            if failure is None:
                self._unexpected(error)
            failure.show()
            sys.exit(failure.exit_code)
        self._leave(code if isinstance(code, int) else 0)

    def _leave(self, code: int) -> NoReturn:
        """End with ``code``; a process of its own that was told so at once, without taking itself apart first."""
        if self.own_process and self.leave_at_once:
            with suppress(OSError, ValueError):
                # Nobody reads any more: the ordinary way out says so as it always does.
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        sys.exit(code)

    def _unexpected(self, error: Exception) -> NoReturn:
        sentence = explain(error) if isinstance(error, OSError) else None
        if sentence:
            note(f"错误：{sentence}", BAD)
        else:
            place = write_log(self.log_folder(), error)
            note(f"错误：程序遇到了没有预料到的情况，没有做完。详细记录在 {place}，请交给系统管理员。", BAD)
        sys.exit(HELD_BACK)

    def failure(self, error: Exception) -> Failure | None:  # noqa: ARG002 - for those who know more
        """Return an error that was to be expected as a sentence; a command that knows its machinery says better."""
        return None

    def log_folder(self) -> Path:
        """Return where tracebacks are kept; a command with a data folder says better."""
        return Path(tempfile.gettempdir())
