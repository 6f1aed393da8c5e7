"""Options that verbs share, and the checks of what was typed that several verbs make.

Each check ends in a ``Failure`` with exit code 2 and a sentence that says what would be right.
This module must not know what a verb does with its options.
"""

from __future__ import annotations

import datetime as dt
import difflib
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from analytics.console.failures import WRONG_USAGE, Failure
from analytics.console.output import say, say_json

if TYPE_CHECKING:
    from analytics.ledgers.model import Ledger
    from analytics.settings import Settings

_UMASK = "taizhang.umask"

F = TypeVar("F", bound=Callable[..., Any])


def json_option(function: F) -> F:
    """Add ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="标准输出只打印 JSON。")(function)


def wait_option(function: F) -> F:
    """Add ``--wait SECONDS``."""
    words = "别的进程正在写入时最多等多久（默认 30）。"
    return click.option("--wait", type=click.FloatRange(min=0), metavar="秒", help=words)(function)


def ledger_option(function: F) -> F:
    """Add ``--ledger``."""
    return click.option("--ledger", metavar="台账", help="台账编号或名称，见 taizhang ledgers。")(function)


def out_option(what: str, *, required: bool = False) -> Callable[[F], F]:
    """Add ``-o FILE``; ``what`` is written there."""
    kind = click.Path(path_type=Path, dir_okay=False)
    return click.option("-o", "--output", type=kind, metavar="文件", required=required, help=f"{what}写到这个文件。")


def constants_of(
    ctx: click.Context,  # noqa: ARG001 - click's signature
    parameter: click.Parameter,  # noqa: ARG001 - click's signature
    values: Sequence[str],
) -> dict[str, str]:
    """Read ``field=value`` pairs."""
    found = {}
    for value in values:
        field, equals, constant = value.partition("=")
        if not (equals and field.strip() and constant.strip()):
            raise click.BadParameter(f"“{value}”应写成 列名=值，例如 source=督查。")
        found[field.strip()] = constant.strip()
    return found


def mapping_of(
    ctx: click.Context,  # noqa: ARG001 - click's signature
    parameter: click.Parameter,  # noqa: ARG001 - click's signature
    values: Sequence[str],
) -> dict[str, str]:
    """Read ``header=field`` pairs; nothing after the sign means that the column is not wanted."""
    found = {}
    for value in values:
        header, equals, field = value.rpartition("=")
        if not (equals and header.strip()):
            raise click.BadParameter(f"“{value}”应写成 表头=列名，例如 单位数=employers_n。")
        found[header.strip()] = field.strip()
    return found


def day_of(
    ctx: click.Context,  # noqa: ARG001 - click's signature
    parameter: click.Parameter,  # noqa: ARG001 - click's signature
    value: str | None,
) -> dt.date | None:
    """Read a day in ISO form."""
    if value is None:
        return None
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"“{value}”不是日期，应写成 2024-07-31。") from None


def settings(**chosen: Any) -> Settings:
    """Return the settings; what was chosen on the command line (``None``: not chosen) stands above all else."""
    from pydantic import ValidationError

    from analytics.settings import Settings

    chosen["data"] = click.get_current_context().find_root().params.get("data")
    try:
        return Settings(**{name: value for name, value in chosen.items() if value is not None})
    except ValidationError as error:
        names = "、".join(".".join(map(str, fault["loc"])) for fault in error.errors())
        raise Failure(
            f"设置不对：{names}", "请检查 taizhang.toml 和 TAIZHANG_ 开头的环境变量。", WRONG_USAGE
        ) from error
    except ValueError as error:
        raise Failure(f"taizhang.toml 读不懂：{error}", code=WRONG_USAGE) from error


def find_ledger(name: str) -> Ledger:
    """Return the declared ledger called ``name``, by id or by Chinese name.

    Raises:
        Failure: There is none; the sentence lists those there are.
    """
    from analytics.ledgers.model import ledgers

    declared = ledgers()
    for ledger in declared.values():
        if name in {ledger.id, ledger.name}:
            return ledger
    known = "、".join(f"{ledger.id}（{ledger.name}）" for ledger in declared.values())
    raise Failure(f"没有“{name}”这种台账。", f"现有：{known}", WRONG_USAGE)


def ledger_names() -> dict[str, str]:
    """Return the Chinese name of each declared ledger by id."""
    from analytics.ledgers.model import ledgers

    return {ledger.id: ledger.name for ledger in ledgers().values()}


def labels_of() -> dict[tuple[str, str], str]:
    """Return the Chinese name of each declared column by ledger and column."""
    from analytics.ledgers.model import ledgers

    return {(ledger.id, column.name): column.label for ledger in ledgers().values() for column in ledger.columns}


def near(word: str, known: Mapping[str, str]) -> str:
    """Return a hint that names what ``word`` was perhaps meant to be; ``known`` is id to Chinese name."""
    close = difflib.get_close_matches(word, [*known, *known.values()], n=3, cutoff=0.5)
    ids = dict.fromkeys(name if name in known else next(key for key in known if known[key] == name) for name in close)
    if ids:
        return f"相近的有：{'、'.join(f'{name}（{known[name]}）' for name in ids)}"
    return f"可用的有：{'、'.join(f'{name}（{label}）' for name, label in known.items())}"


def check_constants(constants: Mapping[str, str], ledger: Ledger | None) -> None:
    """Hold ``--set`` to columns of the stated ledger, or of any where none is stated.

    Raises:
        Failure: There is no such column; the sentence names near ones.
    """
    if not constants:
        return
    from analytics.ledgers.model import ledgers

    among = [ledger] if ledger else list(ledgers().values())
    known = {column.name: column.label for one in among for column in one.columns}
    for field in constants:
        if field not in known:
            where = f"{ledger.name}里" if ledger else "台账里"
            raise Failure(f"--set：{where}没有“{field}”这一列。", near(field, known), WRONG_USAGE)


def fields_of(mapping: Mapping[str, str], ledger: Ledger | None) -> dict[str, str]:
    """Hold ``--map`` to declared columns; a column may be named by its Chinese name too.

    Returns:
        Header -> the column's name, "" where the column is not wanted.

    Raises:
        Failure: There is no such column, or its Chinese name means different ones in different ledgers.
    """
    if not mapping:
        return {}
    from analytics.ledgers.model import ledgers

    among = [ledger] if ledger else list(ledgers().values())
    known = {column.name: column.label for one in among for column in one.columns}
    found = {}
    for header, field in mapping.items():
        names = {field} if field in known or not field else {name for name, label in known.items() if label == field}
        if not names:
            where = f"{ledger.name}里" if ledger else "台账里"
            raise Failure(f"--map：{where}没有“{field}”这一列。", near(field, known), WRONG_USAGE)
        if len(names) > 1:
            hint = f"请写英文列名：{'、'.join(sorted(names))}；或用 --ledger 说明台账。"
            raise Failure(f"--map：叫“{field}”的列不止一个。", hint, WRONG_USAGE)
        found[header] = names.pop()
    return found


def paths_of(ctx: click.Context, option: click.Parameter, given: Sequence[str]) -> tuple[Path, ...]:  # noqa: ARG001 - click's signature
    """Return files and folders as typed; an empty word is no way of naming the current folder.

    Raises:
        Failure: A word is empty, as a variable of the shell that was never set.
    """
    if not all(word.strip() for word in given):
        raise Failure("有一个文件名是空的。", "请核对命令；要导入当前文件夹，请写 .（一个点）。", WRONG_USAGE)
    return tuple(map(Path, given))


def check_suffix(path: Path, *kinds: str) -> None:
    """Hold an output file's extension to what will be written into it.

    Raises:
        Failure: It says something else.
    """
    if path.suffix.lower().lstrip(".") not in kinds:
        right = "、".join(f".{kind}" for kind in kinds)
        raise Failure(f"“{path}”的扩展名不对，这里写出的是 {right} 文件。", code=WRONG_USAGE)


def keep_private(ctx: click.Context) -> None:
    """Let nobody but its owner read what the command, and whatever it starts, writes from here on."""
    ctx.meta[_UMASK] = theirs = os.umask(0o077)
    ctx.call_on_close(lambda: os.umask(theirs))


def persons_own(path: Path) -> None:
    """Give a file that somebody asked for the mode that their own umask says."""
    path.chmod(0o666 & ~click.get_current_context().meta[_UMASK])


def write(path: Path, content: bytes) -> None:
    """Write an output file whole: it appears under its name only when complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    try:
        unfinished.write_bytes(content)
        persons_own(unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def tell_written(path: Path, as_json: bool, **more: Any) -> None:
    """Say that ``path`` was written."""
    if as_json:
        say_json({"file": str(path), **more})
    else:
        say(f"已写出：{path}")
