"""Verbs about the store as a whole: back it up, bring it back, look whether it is sound.

Part of the command, beside ``cli``; formats and nothing else. Must not know how the store is kept.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from analytics.console import reports
from analytics.console.acts import act
from analytics.console.failures import HELD_BACK
from analytics.console.options import json_option, settings, wait_option
from analytics.console.output import number, say, say_json


@click.command(options_metavar="[选项]")
@click.argument("file", metavar="文件", type=click.Path(path_type=Path, dir_okay=False))
@wait_option
@json_option
def backup(file: Path, wait: float | None, as_json: bool) -> None:
    """把全部数据备份成一个文件；备份时照常可以看数。

    \b
    例：
      taizhang backup 备份-20240801.tar
    """
    from analytics import intake

    chosen = settings(lock_wait=wait)
    with act(chosen, "backup", file.name):
        manifest = intake.backup(chosen, file)
    if as_json:
        say_json({"file": str(file), **manifest})
    else:
        size = sum(member["bytes"] for member in manifest["members"].values())
        say(f"已备份到 {file}：{len(manifest['members'])} 个文件，{number(size / 2**20, 1)} MB。")


@click.command(options_metavar="[选项]")
@click.argument("file", metavar="文件", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--force", is_flag=True, help="数据文件夹里已有数据时也恢复；原有数据会移到旁边，不会删除。")
@wait_option
@json_option
def restore(file: Path, force: bool, wait: float | None, as_json: bool) -> None:
    """从备份恢复。先逐字节核对备份，核对无误才动手。

    \b
    例：
      taizhang restore 备份-20240801.tar
      taizhang --data 新数据 restore 备份-20240801.tar
    """
    from analytics import intake

    chosen = settings(lock_wait=wait)
    with act(chosen, "restore", file.name):
        manifest = intake.restore(chosen, file, force=force)
    if as_json:
        say_json({"file": str(file), "data": str(chosen.data), **manifest})
    else:
        say(f"已恢复到 {chosen.data}：{len(manifest['members'])} 个文件，数据版本 {manifest['version']}。")


@click.command(options_metavar="[选项]")
@click.option("--noted", metavar="校验值", help="以前记下的审计末条校验值：核对它仍在审计记录里。")
@wait_option
@json_option
@click.pass_context
def check(ctx: click.Context, noted: str | None, wait: float | None, as_json: bool) -> None:
    """体检：台账库、发布的版本、原文件、各项行数、审计记录是否都对得上。只看，不改。

    \b
    例：
      taizhang check
      taizhang check --noted 269837a34247
    """
    from analytics import intake
    from analytics.operations.check import check as check_operations

    chosen = settings(lock_wait=wait)
    rows = [asdict(entry) for entry in (*intake.check(chosen), *check_operations(chosen, noted))]
    sound = all(row["verdict"] != "error" for row in rows)
    if as_json:
        say_json({"ok": sound, "checks": rows})
    else:
        say(reports.checks(rows))
    ctx.exit(0 if sound else HELD_BACK)
