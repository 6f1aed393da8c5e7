"""The verb that writes the periodic report.

Part of the command, beside ``cli``; formats and nothing else. Must not know what a report says.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import click

from analytics.console.acts import act
from analytics.console.failures import Failure
from analytics.console.options import check_suffix, day_of, json_option, out_option, settings, tell_written, write

FORMS = ("docx", "pdf", "xlsx")


@click.command(options_metavar="[选项]")
@click.option("--period", required=True, metavar="期", help="2024-07、2024Q3、上半年……")
@click.option("--county", metavar="县区", help="只写一个县区的。")
@click.option("--as-of", callback=day_of, metavar="日期", help="按这一天的情形写（默认：今天）。")
@click.option("--format", "form", type=click.Choice(FORMS), metavar="格式", help="docx、pdf 或 xlsx（默认看扩展名）。")
@out_option("简报", required=True)
@json_option
def briefing(period: str, county: str | None, as_of: dt.date | None, form: Any, output: Path, as_json: bool) -> None:
    """写一份简报：总体情况、主要指标、分项趋势与县区、超期事项、数据质量和口径。

    每个数字都带指标编号；纪检台账的指标不写进简报。docx 可以接着改，xlsx 可以计算，pdf 要本机有浏览器。

    \b
    例：
      taizhang briefing --period 2024-07 -o 七月简报.docx
      taizhang briefing --period 2024Q3 --county 渭滨区 --format pdf -o 三季度.pdf
    """
    from analytics.briefing import gather, render
    from analytics.printing import NoBrowserError

    check_suffix(output, *([form] if form else FORMS))
    chosen = settings()
    kind = form or output.suffix.lower().lstrip(".")
    with act(chosen, "briefing", period, {"county": county, "format": kind}):
        found = gather(period, county=county, as_of=as_of, settings=chosen)
        try:
            content = render(found, kind)
        except NoBrowserError as error:
            raise Failure(str(error)) from error
        write(output, content)
    tell_written(output, as_json, title=found.title, format=kind)
