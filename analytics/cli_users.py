"""Verbs about people: accounts, roles, scopes, passwords. The first account is made here.

Part of the command, beside ``cli``; formats and nothing else. Must not know how accounts are kept.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from analytics.console.acts import acting
from analytics.console.failures import WRONG_USAGE, Failure
from analytics.console.options import json_option, ledger_names, settings
from analytics.console.output import note, say, say_json, table

if TYPE_CHECKING:
    from analytics.operations.accounts import About

ROLES = "领导、分析、填报、数据管理、系统管理、审计"


@click.group(options_metavar="[选项]", subcommand_metavar="[命令 [参数]…]", invoke_without_command=True)
@json_option
@click.pass_context
def users(ctx: click.Context, as_json: bool) -> None:
    """管理账号：新增、列出、重置密码、停用、角色、查看范围。不写命令就是列出。

    \b
    例：
      taizhang users add wangfang --name 王芳 --role 系统管理
      taizhang users list
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_, as_json=as_json)


def _told(about: About) -> dict[str, Any]:
    from analytics.operations.roles import roles

    told = asdict(about)
    del told["id"]
    return told | {"role_names": [roles()[role].name for role in about.roles]}


def _tell(about: About, as_json: bool, sentence: str, **more: Any) -> None:
    if as_json:
        say_json({"user": _told(about), **more})
    else:
        say(sentence)


def _role_option(function: Any) -> Any:
    return click.option("--role", "roles", multiple=True, metavar="角色", help=f"{ROLES}；可重复。")(function)


def _scope_options(function: Any) -> Any:
    function = click.option("--ledger", "ledgers", multiple=True, metavar="台账", help="只看这种台账；可重复。")(
        function
    )
    return click.option("--county", "counties", multiple=True, metavar="县区", help="只看这个县区；可重复。")(function)


@users.command(options_metavar="[选项]")
@click.argument("login", metavar="登录名")
@click.option("--name", required=True, metavar="姓名", help="显示的姓名。")
@_role_option
@_scope_options
@click.option("--discipline", is_flag=True, help="准许查看纪检台账的全市合计。")
@json_option
def add(
    login: str,
    name: str,
    roles: tuple[str, ...],
    counties: tuple[str, ...],
    ledgers: tuple[str, ...],
    discipline: bool,
    as_json: bool,
) -> None:
    """新增账号，给出一次性密码；本人第一次登录时必须改密码。

    不写 --county、--ledger 就是全市、全部台账。

    \b
    例：
      taizhang users add wangfang --name 王芳 --role 系统管理
      taizhang users add weibin --name 渭滨区填报 --role 填报 --county 渭滨区
    """
    from analytics.operations import accounts

    if not roles:
        raise Failure("请用 --role 写明角色。", f"可以用：{ROLES}；一个人可以有几个角色。", WRONG_USAGE)
    chosen = settings()
    password = accounts.add(
        chosen, login=login, name=name, roles=roles, counties=counties, ledgers=ledgers, discipline=discipline,
        by=acting(),
    )  # fmt: skip
    about = accounts.find(chosen, login)
    _tell(about, as_json, f"已新增 {about.login}（{about.name}）。一次性密码：{password}", password=password)
    note("请把一次性密码当面或用安全的方式告诉本人；7 天内有效，第一次登录时必须改掉。")


@users.command("list", options_metavar="[选项]")
@json_option
def list_(as_json: bool) -> None:
    """列出全部账号：角色、查看范围、是否停用。

    \b
    例：
      taizhang users list
    """
    from analytics.operations import accounts

    found = accounts.everyone(settings())
    if as_json:
        say_json({"users": [_told(about) for about in found]})
    elif not found:
        say("还没有账号。新增：taizhang users add 登录名 --name 姓名 --role 系统管理")
    else:
        names = ledger_names()
        say(table(("登录名", "姓名", "角色", "县区", "台账", "状态"), [_row(about, names) for about in found]))


def _row(about: About, ledgers: dict[str, str]) -> list[str]:
    from analytics.operations.roles import names

    state = (
        "停用" if not about.enabled else "锁定中" if about.locked_until else "待改密码" if about.must_change else "正常"
    )
    shown = "、".join(ledgers.get(name, name) for name in about.ledgers) if about.ledgers else "全部"
    counties = "、".join(about.counties) if about.counties else "全市"
    return [
        about.login,
        about.name,
        names(about.roles),
        counties,
        shown + ("，含纪检" if about.discipline else ""),
        state,
    ]


@users.command(options_metavar="[选项]")
@click.argument("login", metavar="登录名")
@json_option
def passwd(login: str, as_json: bool) -> None:
    """重置密码：给出新的一次性密码，解除锁定，并让此人在各处退出登录。

    \b
    例：
      taizhang users passwd wangfang
    """
    from analytics.operations import accounts

    chosen = settings()
    password = accounts.reset(chosen, login, by=acting())
    _tell(accounts.find(chosen, login), as_json, f"{login} 的一次性密码：{password}", password=password)


@users.command(options_metavar="[选项]")
@click.argument("login", metavar="登录名")
@json_option
def disable(login: str, as_json: bool) -> None:
    """停用账号，并让此人立即退出登录。记录都保留。

    \b
    例：
      taizhang users disable wangfang
    """
    from analytics.operations import accounts

    about = accounts.change(settings(), login, by=acting(), enabled=False)
    _tell(about, as_json, f"已停用 {about.login}（{about.name}）。")


@users.command(options_metavar="[选项]")
@click.argument("login", metavar="登录名")
@json_option
def enable(login: str, as_json: bool) -> None:
    """重新启用账号，并解除锁定。

    \b
    例：
      taizhang users enable wangfang
    """
    from analytics.operations import accounts

    about = accounts.change(settings(), login, by=acting(), enabled=True)
    _tell(about, as_json, f"已启用 {about.login}（{about.name}）。")


@users.command(options_metavar="[选项]")
@click.argument("login", metavar="登录名")
@click.argument("roles", metavar="角色…", nargs=-1, required=True)
@json_option
def role(login: str, roles: tuple[str, ...], as_json: bool) -> None:
    """改角色；写几个就是几个，原来的不再算。

    \b
    例：
      taizhang users role wangfang 分析
      taizhang users role wangfang 系统管理 审计
    """
    from analytics.operations import accounts
    from analytics.operations.roles import names

    about = accounts.change(settings(), login, by=acting(), roles=roles)
    _tell(about, as_json, f"{about.login}（{about.name}）现在的角色：{names(about.roles)}。")


@users.command(options_metavar="[选项]")
@click.argument("login", metavar="登录名")
@_scope_options
@click.option("--discipline/--no-discipline", default=None, help="是否准许查看纪检台账的全市合计。")
@json_option
def scope(
    login: str, counties: tuple[str, ...], ledgers: tuple[str, ...], discipline: bool | None, as_json: bool
) -> None:
    """改查看范围；没写的不变。不再限定时写 --county 全市、--ledger 全部。

    \b
    例：
      taizhang users scope weibin --county 渭滨区 --ledger 招聘会台账
      taizhang users scope weibin --county 全市
      taizhang users scope wangfang --discipline
    """
    from analytics.operations import accounts

    given: dict[str, Any] = {"counties": counties, "ledgers": ledgers, "discipline": discipline}
    wanted = {name: value for name, value in given.items() if value not in ((), None)}
    about = accounts.change(settings(), login, by=acting(), **wanted)
    names = ledger_names()
    shown = "、".join(names.get(name, name) for name in about.ledgers) if about.ledgers else "全部台账"
    counties_shown = "、".join(about.counties) if about.counties else "全市"
    grant = "，含纪检台账" if about.discipline else ""
    _tell(about, as_json, f"{about.login}（{about.name}）现在的范围：{counties_shown}；{shown}{grant}。")
