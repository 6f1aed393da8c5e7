"""Verbs about what the store remembers: the history of one record, and the header mappings a person confirmed.

Part of the command, beside ``cli``; formats and nothing else. Must not know how versions or mappings are kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import click

from analytics.console.differences import shown
from analytics.console.failures import WRONG_USAGE, Failure
from analytics.console.options import find_ledger, json_option, settings, wait_option
from analytics.console.output import FAINT, GOOD, moment, say, say_json, shorten, table

STANDINGS: Mapping[str, tuple[str, str]] = {
    "current": ("现行", GOOD),
    "superseded": ("已被更正", FAINT),
    "revoked": ("已撤回", FAINT),
    "removed": ("整期替换时删去", FAINT),
}


@click.command(options_metavar="[选项]")
@click.argument("ledger", metavar="台账")
@click.argument("record", metavar="[记录编号]", required=False)
@click.option("--at", metavar="文件:工作表:行", help="用记录所在的位置代替编号，例如 七月台账.xlsx:招聘会:12。")
@wait_option
@json_option
def history(ledger: str, record: str | None, at: str | None, wait: float | None, as_json: bool) -> None:
    """看一条记录的来历：哪次上传、哪个单元格、什么值、什么时候，被什么更正。

    记录编号是 export 里的 record_id，写前 6 位以上即可。

    \b
    例：
      taizhang history job_fair --at 七月台账.xlsx:招聘会:12
      taizhang history job_fair 3f9c21a0 --json
    """
    from analytics.warehouse.history import Place
    from analytics.warehouse.history import history as ask

    declared = find_ledger(ledger)
    if (record is None) == (at is None):
        raise Failure("请写明一条记录：写记录编号，或用 --at 文件:工作表:行。", code=WRONG_USAGE)
    place = None
    if at is not None:
        file, _, rest = at.partition(":")
        sheet, _, row = rest.rpartition(":")
        digits = re.fullmatch(r"[A-Za-z]*(\d+)", row)
        if not (file and sheet and digits):
            raise Failure(f"--at：看不懂“{at}”。", "应写成 文件:工作表:行，例如 七月台账.xlsx:招聘会:12。", WRONG_USAGE)
        place = Place(file, sheet, int(digits[1]))
    answer = ask(settings(lock_wait=wait), declared, record_id=record, place=place)
    if as_json:
        say_json(answer)
        return
    say(f"{declared.name}　记录 {answer['record_id']}　共 {len(answer['versions'])} 个版本")
    for version in answer["versions"]:
        standing = STANDINGS[version["standing"]]
        where = f"《{version['file']}》" + (f" {version['sheet']} 第{version['row']}行" if version["row"] else "")
        by = f"　{version['by']}" if version["by"] else ""
        say()
        when, word = moment(version["uploaded_at"]), click.style(standing[0], fg=standing[1])
        say(f"{when}　{word}　上传 {version['upload_id']}{by}　{where}")
        changes = version["changes"]
        if changes:
            rows = [
                (one["cell"] or "—", one["label"], shorten(shown(one["old"]), 36), shorten(shown(one["new"]), 36))
                for one in changes
            ]
            say(table(("单元格", "列", "原来", "现在"), rows))
        elif version["row"]:
            say("内容与前一版本相同。")


@click.command(options_metavar="[选项]")
@click.option("--forget", metavar="表头特征", help="忘掉这种表头的对应，以后按台账声明识别。")
@wait_option
@json_option
def profiles(forget: str | None, wait: float | None, as_json: bool) -> None:
    """列出记住的列名对应：哪种表头、哪一列对应哪一项、谁在什么时候确认的。

    用 ingest --map 指定过、或确认过推测的列名，导入后记住，下次遇到同样的表头直接采用。

    \b
    例：
      taizhang profiles
      taizhang profiles --forget 5d41402abc4b2a76b9719d911017c592
    """
    from analytics import intake

    chosen = settings(lock_wait=wait)
    if forget is not None:
        gone = intake.forget_profile(forget, chosen)
        if as_json:
            say_json({"forgotten": gone})
        else:
            say(f"已忘掉表头特征 {gone} 的对应。")
        return
    rows = intake.profiles(chosen)
    if as_json:
        say_json({"profiles": rows})
        return
    if not rows:
        say("还没有记住过列名对应。指定一列：taizhang ingest 文件 --map 表头=字段")
        return
    body = [
        (row["fingerprint"], row["ledger"] or "—", "；".join(f"{h}→{f or '不采用'}" for h, f in row["mapping"].items()),
         moment(row["at"]), row["by"] or "—")
        for row in rows
    ]  # fmt: skip
    say(table(("表头特征", "台账", "列名对应", "时间", "确认人"), body))
