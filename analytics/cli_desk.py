"""Verbs of the desk: what awaits the data steward, and a folder that is watched.

Part of the command, beside ``cli``; formats and nothing else. Must not know how a decision is kept or a file read.
"""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from analytics.console.acts import acting, on_record
from analytics.console.failures import HELD_BACK, WRONG_USAGE, Failure
from analytics.console.options import find_ledger, json_option, ledger_names, ledger_option, settings, wait_option
from analytics.console.output import moment, note, say, say_json, shorten, table

if TYPE_CHECKING:
    from analytics.approvals import Item

KINDS = {"estimate": "约数", "duplicate": "疑似重复"}
ACTIONS = {"accept": "采用", "refuse": "不采用或退回", "merge": "合并", "split": "认定为两条"}


@click.group(options_metavar="[选项]", subcommand_metavar="[命令 [参数]…]", invoke_without_command=True)
@json_option
@click.pass_context
def approvals(ctx: click.Context, as_json: bool) -> None:
    """审核约数和疑似重复：采用、不采用、合并、认定为两条；每项都留有记录，可以撤销。不写命令就是列出。

    \b
    例：
      taizhang approvals list
      taizhang approvals accept e2d4cb8b573 --value 550
      taizhang approvals merge d91f0c22ab7
      taizhang approvals undo D20240801-1a2b3c4d
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_, ledger=None, decided=False, as_json=as_json)


@approvals.command("list", options_metavar="[选项]")
@ledger_option
@click.option("--decided", is_flag=True, help="列出处理过的（撤销了的也在内），不列等待处理的。")
@json_option
def list_(ledger: str | None, decided: bool, as_json: bool) -> None:
    """列出等待审核的约数和疑似重复，或处理过的。

    \b
    例：
      taizhang approvals list --ledger job_fair
      taizhang approvals list --decided --json
    """
    from analytics import approvals as service

    chosen = find_ledger(ledger).id if ledger else None
    if decided:
        done = service.decided(settings(), ledger=chosen)
        if as_json:
            say_json({"decisions": done})
            return
        say(_decisions(done) if done else "还没有处理过。")
        return
    items = service.waiting(settings(), ledger=chosen)
    if as_json:
        say_json({"items": [one.to_json() for one in items]})
        return
    say(_items(items) if items else "没有等待审核的事项。")


def _items(items: list[Item]) -> str:
    from analytics.approvals import span_words

    names = ledger_names()
    rows = []
    for one in items:
        if one.kind == "estimate":
            what = f"{one.label}：{one.raw}（{span_words(one)}）"
        else:
            other = f"《{one.other.file}》第 {one.other.row} 行" if one.other else ""
            what = f"与{other}相似 {one.likeness}%"
        place = f"《{one.record.file}》{one.record.sheet} 第 {one.record.row} 行"
        rows.append(
            (one.item_id, KINDS[one.kind], names.get(one.ledger, one.ledger), shorten(one.record.name, 30),
             shorten(what, 44), shorten(place, 44))
        )  # fmt: skip
    return table(("编号", "类别", "台账", "记录", "内容", "来源"), rows)


def _decisions(found: list[dict[str, Any]]) -> str:
    rows = [
        (
            one["decision_id"],
            moment(one["decided_at"]),
            one["decided_by"],
            f"{KINDS[one['kind']]}：{ACTIONS[one['action']]}",
            shorten(f"{one['raw']} → {one['value']}" if one["value"] else one["raw"] or one["record_id"][:10], 30),
            shorten(one["reason"], 30),
            f"{one['undone_by']} 撤销" if one["undone_at"] else "",
        )
        for one in found
    ]
    return table(("编号", "时间", "处理人", "处理", "内容", "原因", ""), rows)


def _decide(item_id: str, action: Any, wait: float | None, as_json: bool, sentence: str, **more: Any) -> None:
    from analytics import approvals as service

    chosen = settings(lock_wait=wait)
    found = service.decide(chosen, service.item_of(chosen, item_id), action, by=acting(), **more)
    if as_json:
        say_json(found)
    else:
        say(f"{sentence}处理编号 {found['decision_id']}；撤销：taizhang approvals undo {found['decision_id']}")


_item = click.argument("item", metavar="编号")
_reason = click.option("--reason", default="", metavar="原因", help="依据或原因，会留在记录里。")


@approvals.command(options_metavar="[选项]")
@_item
@click.option("--value", required=True, metavar="数值", help="采用的确切数值；超出所写范围时还要写明 --reason。")
@_reason
@wait_option
@json_option
def accept(item: str, value: str, reason: str, wait: float | None, as_json: bool) -> None:
    """采用一个约数：给出确切数值，从下一个数据版本起计入合计。

    \b
    例：
      taizhang approvals accept e2d4cb8b573 --value 550
      taizhang approvals accept e2d4cb8b573 --value 620 --reason 已电话核实
    """
    _decide(item, "accept", wait, as_json, "已采用。", value=value, reason=reason)


@approvals.command(options_metavar="[选项]")
@_item
@click.option("--reason", required=True, metavar="原因", help="为什么不采用或退回，填报单位据此更正。")
@wait_option
@json_option
def refuse(item: str, reason: str, wait: float | None, as_json: bool) -> None:
    """不采用一个约数（仍不计入合计），或退回疑似重复中后报的一条（不再计入）。

    \b
    例：
      taizhang approvals refuse e2d4cb8b573 --reason 请按签到表报实数
    """
    _decide(item, "refuse", wait, as_json, "已记下。", reason=reason)


@approvals.command(options_metavar="[选项]")
@_item
@click.option("--keep", type=click.Choice(["earlier", "later"]), default="earlier", metavar="哪一条",
              help="保留先报的（earlier，默认）还是后报的（later）。")  # fmt: skip
@_reason
@wait_option
@json_option
def merge(item: str, keep: str, reason: str, wait: float | None, as_json: bool) -> None:
    """合并疑似重复的两条：只有保留的一条计入。

    \b
    例：
      taizhang approvals merge d91f0c22ab7 --keep later
    """
    from analytics import approvals as service

    kept = service.item_of(settings(), item).record.record_id if keep == "later" else None
    _decide(item, "merge", wait, as_json, "已合并。", keep=kept, reason=reason)


@approvals.command(options_metavar="[选项]")
@_item
@_reason
@wait_option
@json_option
def split(item: str, reason: str, wait: float | None, as_json: bool) -> None:
    """认定疑似重复的是两条：都计入，不再提示。

    \b
    例：
      taizhang approvals split d91f0c22ab7
    """
    _decide(item, "split", wait, as_json, "已认定为两条。", reason=reason)


@approvals.command(options_metavar="[选项]")
@click.argument("decision", metavar="处理编号")
@wait_option
@json_option
def undo(decision: str, wait: float | None, as_json: bool) -> None:
    """撤销一项处理：记录恢复为上报时的样子，处理和撤销都留有记录。

    \b
    例：
      taizhang approvals undo D20240801-1a2b3c4d
    """
    from analytics import approvals as service

    found = service.undo(settings(lock_wait=wait), decision, by=acting())
    if as_json:
        say_json(found)
    else:
        say(f"已撤销 {decision}。")


@click.command(options_metavar="[选项]")
@click.argument("folder", metavar="文件夹", type=click.Path(path_type=Path, file_okay=False))
@click.option("--confirm", is_flag=True, help="校验后直接导入（默认只校验，留待 taizhang confirm）。")
@ledger_option
@click.option("--period", metavar="期", help="填报期：2024、2024-07 或 2024Q3。")
@click.option("--unit", metavar="单位", help="填报单位，工作簿里没有写时用。")
@click.option("--move", type=click.Path(path_type=Path, file_okay=False), metavar="文件夹",
              help="办完的文件移到这个文件夹（默认不移动任何文件）。")  # fmt: skip
@click.option("--interval", type=click.FloatRange(min=0.1), default=2.0, metavar="秒", help="多久看一次（默认 2）。")
@click.option("--settle", type=click.FloatRange(min=0), default=3.0, metavar="秒",
              help="大小多久不变才算复制完（默认 3）。")  # fmt: skip
@click.option("--once", is_flag=True, help="把现有文件办完就结束，适合定时任务。")
@wait_option
@json_option
@click.pass_context
def watch(
    ctx: click.Context,
    folder: Path,
    confirm: bool,
    ledger: str | None,
    period: str | None,
    unit: str | None,
    move: Path | None,
    interval: float,
    settle: float,
    once: bool,
    wait: float | None,
    as_json: bool,
) -> None:
    """看守一个文件夹：放进去的工作簿自动校验（或导入），每个文件说一行。

    正在打开的、没有复制完的、隐藏的和临时的文件不碰；重新启动后接着办，不会重复。
    按 Ctrl+C 或发送 SIGTERM 停止，正在办的一份会办完。--json 每个文件打印一行 JSON。

    \b
    例：
      taizhang watch 上报/
      taizhang watch 上报/ --confirm --move 已办/
      taizhang watch 上报/ --once --json
    """
    from analytics.warehouse.periods import span
    from analytics.watch import Wanted, Watch

    if not folder.is_dir():
        raise Failure(f"找不到文件夹：{folder}", "请核对路径，或先建立这个文件夹。", WRONG_USAGE)
    if period is not None and span(period) is None:
        raise Failure(f"--period：看不懂“{period}”。", "应写成 2024、2024-07 或 2024Q3。", WRONG_USAGE)
    options = {"ledger": find_ledger(ledger).id if ledger else None, "period": period, "unit": unit}
    chosen = settings(lock_wait=wait)

    def tell(line: dict[str, Any]) -> None:
        if as_json:
            import json

            say(json.dumps(line, ensure_ascii=False))
        else:
            say(f"{moment(line['at'])}　{line['file']}　{line['sentence']}")
        if line.get("upload_id"):
            action = "upload" if confirm else "preview"
            after = {"file": line["file"], "state": line["state"], "loaded": line["loaded"]}
            on_record(chosen, action, line["upload_id"], after=after)

    watched = Watch(chosen, Wanted(folder, confirm, move, interval, settle, options), tell)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, watched.stop)
    how = "校验后直接导入" if confirm else "只校验，不导入"
    note(f"正在看守 {folder}（{how}；按 Ctrl+C 停止）")
    held = watched.run(once=once)
    note("已停止。")
    ctx.exit(HELD_BACK if once and held else 0)
