"""The ``taizhang`` command: reads what a person typed, asks the machinery, and prints the answer.

It formats and nothing else; each verb imports what it needs when it runs, so that asking for help is quick.
This module must not know how a workbook is read, where records are stored or how a figure is computed.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import click

from analytics import cli_briefing, cli_desk, cli_history, cli_store, cli_users, moments
from analytics.console import reports
from analytics.console.acts import act, acting, files_on_record
from analytics.console.chinese import speak_chinese
from analytics.console.differences import differences
from analytics.console.failures import HELD_BACK, LOCKED, WRONG_USAGE, Command, Failure
from analytics.console.options import (
    check_constants,
    check_suffix,
    constants_of,
    day_of,
    fields_of,
    find_ledger,
    json_option,
    keep_private,
    labels_of,
    ledger_names,
    ledger_option,
    mapping_of,
    out_option,
    paths_of,
    persons_own,
    settings,
    tell_written,
    wait_option,
    write,
)
from analytics.console.output import Progress, colour_wanted, note, say, say_json, table

HELD = frozenset({"partially_accepted", "rejected", "unreadable"})
"""States that end the command with exit code 1: something was not loaded."""

speak_chinese()


class Taizhang(Command):
    """The command itself; knows its data folder once the options before the verb are read."""

    data: Path | None = None

    def log_folder(self) -> Path:
        """Return where tracebacks of unexpected errors are kept."""
        return (self.data or Path(os.environ.get("TAIZHANG_DATA") or "data")) / "processed" / "logs"

    def failure(self, error: Exception) -> Failure | None:
        """Return what the machinery is known to refuse as a sentence with its exit code."""
        from analytics.ledgers.model import DeclarationError
        from analytics.metrics import MetricError, PeriodError
        from analytics.operations.accounts import AccountError
        from analytics.operations.database import OperationsError
        from analytics.warehouse.errors import (
            StoreBusy,
            UnknownProfile,
            UnknownRecord,
            UnknownUpload,
            WarehouseError,
        )

        match error:
            case StoreBusy():
                return Failure(str(error), code=LOCKED)
            case UnknownUpload() | UnknownProfile() | UnknownRecord() | MetricError() | PeriodError():
                return Failure(str(error), code=WRONG_USAGE)
            case WarehouseError() | OperationsError():
                return Failure(str(error))
            case AccountError():
                return Failure(str(error), code=WRONG_USAGE)
            case DeclarationError():
                return Failure(f"声明文件有误：\n{error}")
        return None


@click.group(
    cls=Taizhang,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    options_metavar="[选项]",
    subcommand_metavar="命令 [参数]…",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="文件夹",
    help="数据文件夹（默认：环境变量 TAIZHANG_DATA，否则 ./data）。",
)
@click.version_option(None, "--version", package_name="taizhang", message="taizhang %(version)s", help="显示版本。")
@click.pass_context
def main(ctx: click.Context, data: Path | None) -> None:
    """把各单位的台账工作簿变成可以追溯到单元格的指标。

    \b
    例：
      taizhang ingest 七月台账.xlsx        导入一份工作簿
      taizhang kpi --period 2024           看全年指标
      taizhang serve                       打开仪表盘

    \b
    退出码：0 全部通过（可以有提醒）；1 有内容没有导入，或没有做成；
            2 用法不对；3 别的进程正在写入，等不到。
    """
    ctx.color = colour_wanted()
    keep_private(ctx)
    if isinstance(ctx.command, Taizhang):
        ctx.command.data = data


def verb() -> Callable[[Callable[..., None]], click.Command]:
    """Declare a verb of the command."""
    return main.command(options_metavar="[选项]")


@verb()
@click.argument("paths", nargs=-1, required=True, metavar="文件或文件夹…", callback=paths_of)
@click.option("--dry-run", is_flag=True, help="只校验、比较并留待确认（taizhang confirm），不导入。")
@ledger_option
@click.option("--period", metavar="期", help="填报期：2024、2024-07 或 2024Q3；也用来补全没写年份的日期。")
@click.option("--unit", metavar="单位", help="填报单位，工作簿里没有写时用。")
@click.option(
    "--set", "constants", multiple=True, metavar="列名=值", callback=constants_of, help="补上工作簿缺少的列，可重复。"
)
@click.option(
    "--map", "mapping", multiple=True, metavar="表头=列名", callback=mapping_of,
    help="说明某个表头是哪一列（列名留空即不采用），可重复；导入后记住，下次直接采用。",
)  # fmt: skip
@click.option("--replace", is_flag=True, help="整期替换：该单位该期以前的记录以本次为准（须写 --unit 和 --period）。")
@click.option("--accept-suggestions", is_flag=True, help="采用系统对表头的推测（默认只列出，不采用）。")
@click.option("--strict", is_flag=True, help="文件里只要有一处错误，整份都不导入。")
@wait_option
@json_option
@click.pass_context
def ingest(
    ctx: click.Context,
    paths: tuple[Path, ...],
    dry_run: bool,
    ledger: str | None,
    period: str | None,
    unit: str | None,
    constants: dict[str, str],
    mapping: dict[str, str],
    replace: bool,
    accept_suggestions: bool,
    strict: bool,
    wait: float | None,
    as_json: bool,
) -> None:
    """导入工作簿（.xlsx .xls .xlsb .ods .et .csv）；写文件夹则导入其中全部工作簿。

    每个文件单独处理：一个文件有问题，不影响其他文件。相同的文件再导入一次不会重复。

    \b
    例：
      taizhang ingest 七月台账.xlsx
      taizhang ingest 上报/ --period 2024-07 --unit 渭滨区
      taizhang ingest 隐患.xlsx --ledger rectification --set source=督查
      taizhang ingest 春风行动.xlsx --map 单位数=employers_n
    """
    declared = find_ledger(ledger) if ledger else None
    check_constants(constants, declared)
    mapping = fields_of(mapping, declared)
    if replace and not (unit and period):
        raise Failure("--replace 要同时写明 --unit 和 --period，否则不知道替换哪个单位哪一期。", code=WRONG_USAGE)
    if not any(os.path.exists(path) for path in paths):  # noqa: PTH110 - Path.exists raises for too long a name
        raise Failure(f"找不到：{'、'.join(map(str, paths))}", "请核对路径。", WRONG_USAGE)
    import gc

    from analytics.etl.launch import launch

    # The process that reads gets ready while this one loads what stores.
    gc.disable()
    alone = len(paths) == 1 and paths[0].is_file()
    with launch(ahead=alone) as started:
        if ctx.find_root().command is main and getattr(main, "own_process", False):
            from analytics.lean import leave_pandas_out

            leave_pandas_out()
            main.leave_at_once = True
        chosen = settings(lock_wait=wait)
        if alone:
            started.open_ahead(paths[0], chosen.limits, chosen.reader_memory, chosen.reader_seconds)
        from analytics.etl.sandbox import Reader

        reader = Reader(chosen, workers=1 if alone else min(2, os.cpu_count() or 1), started=started)
        from analytics import intake
        from analytics.warehouse.periods import span

        # What is imported stays; looking for garbage in it meanwhile is a tenth of the time importing takes.
        gc.enable()
        if period is not None and span(period) is None:
            raise Failure(f"--period：看不懂“{period}”。", "应写成 2024、2024-07 或 2024Q3。", WRONG_USAGE)
        with reader:
            found = intake.ingest(
                paths,
                chosen,
                ledger=declared.id if declared else None,
                period=period,
                unit=unit,
                constants=constants,
                mapping=mapping,
                replace=replace,
                accept_suggestions=accept_suggestions,
                strict=strict,
                dry_run=dry_run,
                on_progress=Progress(len(intake.expand(paths))),
                reader=reader,
            )
    files = [report.to_json() for report in found]
    files_on_record(chosen, "preview" if dry_run else "upload", files)
    if dry_run:
        for file in files:
            if file["upload_id"] and file["state"] != "duplicate":
                file["differences"] = intake.show(file["upload_id"], settings())["differences"]
    tell_files(ctx, files, as_json)


def tell_files(ctx: click.Context, files: list[dict[str, Any]], as_json: bool) -> None:
    """Print what became of files and end with the contract's exit code."""
    if as_json:
        say_json({"files": files})
    else:
        say(reports.files(files, ledger_names()))
        for file in files:
            if "differences" in file:
                say(differences(file, labels_of()))
                say(f"\n确认导入：taizhang confirm {file['upload_id']}　放弃：taizhang revoke {file['upload_id']}")
    note(reports.summary(files))
    ctx.exit(HELD_BACK if any(report["state"] in HELD for report in files) else 0)


@verb()
@click.argument("upload", metavar="上传编号")
@wait_option
@json_option
@click.pass_context
def confirm(ctx: click.Context, upload: str, wait: float | None, as_json: bool) -> None:
    """确认一次预览（ingest --dry-run），把它正式导入。

    \b
    例：
      taizhang confirm 20240801-1a2b3c4d
    """
    from analytics import intake

    chosen = settings(lock_wait=wait)
    with act(chosen, "confirm", upload) as told:
        report = intake.confirm(upload, chosen)
        told["state"] = report.state
    tell_files(ctx, [report.to_json()], as_json)


@verb()
@click.argument("upload", metavar="上传编号")
@click.option("--reason", default="", metavar="原因", help="为什么撤回，会记在这次上传上。")
@wait_option
@json_option
def revoke(upload: str, reason: str, wait: float | None, as_json: bool) -> None:
    """撤回一次上传：它带来的记录退回到上一次的样子。原文件和历史都还在。

    \b
    例：
      taizhang revoke 20240801-1a2b3c4d --reason 报错了文件
    """
    from analytics import intake

    chosen = settings(lock_wait=wait)
    with act(chosen, "revoke", upload, {"reason": reason}) as told:
        answer = intake.revoke(upload, chosen, reason=reason)
        told["state"] = answer["state"]
    if as_json:
        say_json(answer)
    else:
        say(f"已撤回 {upload}。" if answer["state"] == "revoked" else f"已取消待确认的 {upload}。")


@verb()
@json_option
def uploads(as_json: bool) -> None:
    """列出全部上传：什么时候、什么文件、结果如何，新的在前。

    \b
    例：
      taizhang uploads
    """
    from analytics import intake

    rows = intake.uploads(settings())
    if as_json:
        say_json({"uploads": rows})
    else:
        say(reports.uploads(rows) if rows else "还没有上传过文件。")


@verb()
@click.argument("upload", metavar="上传编号")
@json_option
def show(upload: str, as_json: bool) -> None:
    """看一次上传：识别到的表、各列的对应、行数和发现的问题。

    \b
    例：
      taizhang show 20240801-1a2b3c4d
    """
    from analytics import intake

    answer = intake.show(upload, settings())
    if as_json:
        say_json(answer)
    else:
        say(reports.upload(answer, ledger_names()))


@verb()
@ledger_option
@click.option(
    "--severity", type=click.Choice(["error", "warning", "info"]), help="只看错误、提醒或说明。", metavar="程度"
)
@click.option("--upload", metavar="上传编号", help="只看这一次上传的。")
@json_option
def findings(ledger: str | None, severity: str | None, upload: str | None, as_json: bool) -> None:
    """列出还有效的上传里发现的问题：在哪个单元格、错在哪里、怎么改。

    \b
    例：
      taizhang findings --severity error
      taizhang findings --ledger rectification --json
    """
    from analytics import intake

    chosen = find_ledger(ledger).id if ledger else None
    rows = intake.findings(settings(), ledger=chosen, severity=severity, upload=upload)
    if as_json:
        say_json({"findings": rows})
    else:
        say(reports.findings(rows, with_file=True) if rows else "没有发现问题。")


main.add_command(cli_history.history)
main.add_command(cli_history.profiles)
main.add_command(cli_desk.approvals)
main.add_command(cli_desk.watch)


@verb()
@click.argument("upload", metavar="上传编号")
@out_option("标注后的工作簿", required=True)
@json_option
def annotate(upload: str, output: Path, as_json: bool) -> None:
    """拿回上报的工作簿：错的单元格标了颜色、写了说明，第一张表列出全部问题。

    \b
    例：
      taizhang annotate 20240801-1a2b3c4d -o 七月台账-标注.xlsx
    """
    from analytics import intake
    from analytics.etl.annotate import mark

    check_suffix(output, "xlsx")
    chosen = settings()
    with act(chosen, "annotate", upload):
        report = intake.show(upload, chosen)
        content = intake.original(upload, chosen)
        write(output, mark(content, report["file"], report))
    tell_written(output, as_json, findings=len(report["findings"]))


@verb()
@click.argument("ledger", metavar="台账")
@out_option("模板", required=True)
@json_option
def template(ledger: str, output: Path, as_json: bool) -> None:
    """生成一份空白填报模板，带下拉框、校验和填写说明。

    \b
    例：
      taizhang template job_fair -o 招聘会模板.xlsx
    """
    from analytics.etl.template import build

    check_suffix(output, "xlsx")
    declared = find_ledger(ledger)
    write(output, build(declared, today=moments.today()))
    tell_written(output, as_json, ledger=declared.id)


@verb()
@json_option
def ledgers(as_json: bool) -> None:
    """列出全部台账和它们的列。

    \b
    例：
      taizhang ledgers
      taizhang ledgers --json
    """
    from analytics.ledgers.model import ledgers as declared

    rows = [ledger.model_dump(mode="json") for ledger in declared().values()]
    if as_json:
        say_json({"ledgers": rows})
    else:
        say(reports.ledgers(rows))


@verb()
@json_option
def metrics(as_json: bool) -> None:
    """列出全部指标：编号、名称、单位和口径。

    \b
    例：
      taizhang metrics
    """
    from analytics.metrics.dictionary import entries

    rows = entries()
    if as_json:
        say_json({"metrics": rows})
    else:
        say(reports.metrics(rows))


@verb()
@click.argument("ids", nargs=-1, metavar="[指标编号]…")
@click.option(
    "--period", default="本年", metavar="期", help="2024、2024-07、2024Q3、2024-01..2024-07、上半年……（默认：本年）。"
)
@click.option(
    "--by", multiple=True, metavar="维度", help="按 county（县区）、unit（填报单位）或该指标的其他维度分开，可重复。"
)
@click.option(
    "--grain",
    type=click.Choice(["month", "quarter", "half", "year"]),
    metavar="粒度",
    help="再按 month、quarter、half 或 year 分开。",
)
@click.option("--county", metavar="县区", help="只看一个县区。")
@click.option("--as-of", callback=day_of, metavar="日期", help="按这一天的情形看（默认：今天），例如 2024-06-30。")
@click.option("--words", is_flag=True, help="写成一段话，每个数都能追到指标和明细（JSON 的 spans）。")
@click.option("--check", is_flag=True, help="把报告原文的每个数字与本库的数值逐行核对，有不符的以 1 退出。")
@json_option
@click.pass_context
def kpi(
    ctx: click.Context,
    ids: tuple[str, ...],
    period: str,
    by: tuple[str, ...],
    grain: Any,
    county: str | None,
    as_of: dt.date | None,
    words: bool,
    check: bool,
    as_json: bool,
) -> None:
    """看指标：数值、目标、完成率、同比、环比。不写编号就是全部指标。

    同比、环比：比率说相差几个百分点，基数不足 10 的计数说多少几个，其余说百分之几；全年的环比与同比重复，不显示。
    JSON 中的 yoy、mom 是数：比率为百分点之差，其余为百分之几；没有基数或基数为 0 的是 null。

    \b
    例：
      taizhang kpi --period 2024
      taizhang kpi J02 J03 --period 2024Q3 --by county
      taizhang kpi J01 --period 2024-01..2024-07 --grain month --json
      taizhang kpi G06_late G06_missing --period 2024 --by ledger
      taizhang kpi --period 2024-07 --words
      taizhang kpi --period 2024 --check
    """
    from analytics.metrics import catalogue, paragraph, query

    if check:
        if ids or by or grain or county:
            raise click.UsageError("--check 核对整张表，不能再写指标编号、--by、--grain 或 --county")
        ctx.exit(_check(period, as_of, as_json=as_json))
    if words:
        if by or grain:
            raise click.UsageError("--words 写一段话，不能再写 --by 或 --grain")
        told = paragraph(ids or None, period=period, county=county, as_of=as_of, settings=settings(), discipline=True)
        if as_json:
            say_json(told.to_json())
        else:
            say(told.text)
            note(f"统计期：{told.period.label}　数据版本：{told.version}")
        return
    split = [name.strip() for value in by for name in value.split(",")]
    # Whoever has the data folder is the data steward: discipline figures are told, as city totals.
    found = query(
        ids or None, period=period, by=split, grain=grain, county=county, as_of=as_of, settings=settings(),
        discipline=True,
    )  # fmt: skip
    if as_json:
        say_json(found.to_json())
    else:
        split_by = {metric.ledger for row in found.rows if (metric := catalogue().get(row.id)) is not None}
        say(reports.kpi(found.told(), {name: label for (id_, name), label in labels_of().items() if id_ in split_by}))
        note(f"统计期：{found.period.label}　数据版本：{found.version}")


def _check(period: str, as_of: dt.date | None, *, as_json: bool) -> int:
    """Hold our figures against the report's own; return the exit code."""
    from analytics.console import checking
    from analytics.metrics.source_text import check_source_text

    rows = [row.to_json() for row in check_source_text(period, as_of=as_of, settings=settings())]
    outside = [row for row in rows if row["inside"] is False]
    if as_json:
        say_json({"period": period, "ok": not outside, "rows": rows})
    else:
        say(checking.source_text(rows))
        held = sum(row["inside"] is not None for row in rows)
        note(f"原文有数的 {held} 行，不符 {len(outside)} 行" if outside else f"原文有数的 {held} 行全部相符")
    return HELD_BACK if outside else 0


@verb()
@click.argument("ledger", metavar="台账")
@click.option("--period", metavar="期", help="只要这一期的记录。")
@click.option(
    "--format",
    "kind",
    type=click.Choice(["csv", "json", "parquet", "xlsx"]),
    metavar="格式",
    help="csv、json、parquet 或 xlsx（默认看 -o 的扩展名，否则 csv）。",
)
@out_option("记录")
@json_option
def export(ledger: str, period: str | None, kind: Any, output: Path | None, as_json: bool) -> None:
    """导出一种台账的现行记录，每条带着文件、工作表、行号和上传编号。

    不写 -o 时 csv 和 json 写到标准输出。

    \b
    例：
      taizhang export job_fair --period 2024 -o 招聘会.xlsx
      taizhang export training --format json
    """
    from analytics import intake

    declared = find_ledger(ledger)
    if kind is None and output is not None:
        check_suffix(output, "csv", "json", "parquet", "xlsx")
        kind = output.suffix.lower().lstrip(".")
    if kind is None:
        kind = "json" if as_json else "csv"
    if output is None and kind in {"parquet", "xlsx"}:
        raise Failure(f"{kind} 不能写到标准输出。", f"请写明文件：-o {declared.name}.{kind}", WRONG_USAGE)
    target: Path | IO[bytes] = output or sys.stdout.buffer
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
    chosen = settings()
    with act(chosen, "export", declared.id, {"period": period, "format": kind}):
        intake.export(declared.id, chosen, period=period, kind=kind, output=target)
    if output is not None:
        persons_own(output)
        tell_written(output, as_json, ledger=declared.id, format=kind)


main.add_command(cli_briefing.briefing)
main.add_command(cli_store.backup)
main.add_command(cli_store.restore)
main.add_command(cli_store.check)
main.add_command(cli_users.users)


@verb()
@click.option(
    "--year", type=click.IntRange(2001, 2099), default=2024, metavar="年", help="演示哪一年和它的上一年（默认 2024）。"
)
@click.option("--scale", type=click.IntRange(1, 1000), default=1, metavar="倍数", help="数据量的倍数（默认 1）。")
@wait_option
@json_option
@click.pass_context
def demo(ctx: click.Context, year: int, scale: int, wait: float | None, as_json: bool) -> None:
    """生成演示台账（约四十份工作簿，标明“演示数据”）并导入，各角色给一个账号。再运行一次不会重复。

    \b
    例：
      taizhang demo
      taizhang --data 演示 demo --year 2024
    """
    from analytics import intake
    from analytics.demo.build import build
    from analytics.operations.demo import demo_accounts

    chosen = settings(lock_wait=wait)
    folder = chosen.data / "demo" / f"{year}x{scale}"
    note(f"正在生成演示工作簿：{folder}")
    build(folder, year=year, scale=scale)
    found = intake.ingest([folder], chosen, on_progress=Progress(len(intake.expand([folder]))))
    files = [report.to_json() for report in found]
    files_on_record(chosen, "upload", files)
    accounts = demo_accounts(chosen, by=acting())
    if as_json:
        say_json({"files": files, "accounts": accounts})
    note(reports.summary(files))
    if accounts:
        note("演示账号（一次性密码，首次登录时修改）：")
        rows = [(one["login"], one["role"], one["scope"], one["password"]) for one in accounts]
        note(table(("登录名", "角色", "范围", "一次性密码"), rows))
    else:
        note("账号已经有了，没有改动；忘记密码：taizhang users passwd 登录名")
    note("演示数据里有意写错了几处，用来展示校验；查看：taizhang findings --severity error")
    ctx.exit(0)


@verb()
@click.option("--host", metavar="地址", help="监听的地址（默认 127.0.0.1，只有本机能打开）。")
@click.option("--port", type=click.IntRange(1, 65535), metavar="端口", help="端口（默认 8050）。")
@click.option("--workers", type=click.IntRange(min=1), metavar="个数", help="工作进程数（默认随处理器，2 到 4）。")
def serve(host: str | None, port: int | None, workers: int | None) -> None:
    """打开仪表盘，一直运行到按 Ctrl+C。

    \b
    例：
      taizhang serve
      taizhang serve --port 8051 --workers 4
    """
    given = {"--host": host, "--port": port, "--workers": workers}
    arguments = [word for name, value in given.items() if value is not None for word in (name, str(value))]
    environment = {**os.environ, "TAIZHANG_DATA": str(settings().data.resolve())}
    # The dashboard is a program of its own that asks this package; this package knows nothing of it but its name.
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, "-P", "-m", "dashboard", *arguments], environment)  # noqa: S606


if __name__ == "__main__":
    main()
