"""The catalogue that makes click speak Chinese.

Click sends each of its sentences through ``gettext``; no catalogue ships with it, and setting one up through
the environment would depend on the user's locale. So the two gettext functions are replaced in click's own
modules. A test holds that every sentence click can say to a user has an entry here.
This module must not know any verb of the command.
"""

from __future__ import annotations

from types import ModuleType

import click
import click.core
import click.decorators
import click.exceptions
import click.formatting
import click.parser
import click.termui
import click.types

from analytics.console.output import width

CATALOGUE = {
    "Aborted!": "已中断。",
    "deprecated": "已停用",
    "required": "必填",
    "Options": "选项",
    "Positional arguments": "参数",
    "Commands": "命令",
    "Usage:": "用法：",
    "Missing command.": "没有写要做什么。",
    "Got unexpected extra argument ({args})": "多出的内容：{args}",
    "Got unexpected extra arguments ({args})": "多出的内容：{args}",
    "DeprecationWarning: The command {name!r} is deprecated.{extra_message}": "命令 {name} 已停用。{extra_message}",
    "DeprecationWarning: The {param_type} {name!r} is deprecated.{extra_message}": "{name} 已停用。{extra_message}",
    "Value must be an iterable.": "需要多个值。",
    "Takes {nargs} values but 1 was given.": "需要 {nargs} 个值，只给了 1 个。",
    "Takes {nargs} values but {len} were given.": "需要 {nargs} 个值，给了 {len} 个。",
    "env var: {var}": "环境变量：{var}",
    "default: {default}": "默认：{default}",
    "(dynamic)": "（自动）",
    "Do you want to continue?": "要继续吗？",
    "Confirm the action without prompting.": "不再询问，直接执行。",
    "%(prog)s, version %(version)s": "%(prog)s %(version)s",
    "Show the version and exit.": "显示版本。",
    "Show this message and exit.": "显示本说明。",
    "Did you mean {possibility}?": "是不是 {possibility}？",
    "(Did you mean one of: {possibilities}?)": "（是不是其中之一：{possibilities}？）",
    "Missing argument": "缺少参数",
    "Missing option": "缺少选项",
    "Missing parameter": "缺少内容",
    "Missing parameter: {param_name}": "缺少：{param_name}",
    "Missing {param_type}": "缺少",
    "unknown error": "原因不明",
    "Invalid value for {param_hint}: {message}": "{param_hint} 的值不对：{message}",
    "Invalid value: {message}": "值不对：{message}",
    "Could not open file {filename!r}: {message}": "打不开文件 {filename}：{message}",
    "Error: {message}": "错误：{message}",
    "Try '{command} {option}' for help.": "用法见：{command} {option}",
    "No such option {name!r}.": "没有 {name} 这个选项。",
    "No such command {name!r}.": "没有 {name} 这个命令。",
    "Option {name!r} does not take a value.": "选项 {name} 后面不带值。",
    "Option {name!r} requires an argument.": "选项 {name} 后面要写一个值。",
    "Option {name!r} requires {nargs} arguments.": "选项 {name} 后面要写 {nargs} 个值。",
    "Argument {name!r} takes {nargs} values.": "参数 {name} 需要 {nargs} 个值。",
    "Repeat for confirmation": "请再输入一次",
    "Error: The two entered values do not match.": "错误：两次输入不一致。",
    "Error: invalid input": "错误：请回答 y 或 n",
    "Press any key to continue...": "按任意键继续……",
    "file": "文件",
    "directory": "文件夹",
    "path": "路径",
    "Choose from:\n\t{choices}": "可选：{choices}",
    "Choice({choices})": "可选：{choices}",
    "{value!r} is not {choice}.": "“{value}”不可用，只能是 {choice}。",
    "{value!r} is not one of {choices}.": "“{value}”不在可选范围内：{choices}。",
    "{value!r} does not match the format {format}.": "“{value}”不是 {format} 格式的日期。",
    "{value!r} does not match the formats {formats}.": "“{value}”不是以下格式的日期：{formats}。",
    "{value} is not in the range {range}.": "{value} 超出范围（{range}）。",
    "{value!r} is not a valid {number_type}.": "“{value}”不是合适的数。",
    "{value!r} is not a valid boolean. Recognized values: {states}": "“{value}”不是“是/否”。可写：{states}",
    "{value!r} is not a valid UUID.": "“{value}”不是有效的编号。",
    "{len_type} values are required, but {len_value} was given.": "需要 {len_type} 个值，给了 {len_value} 个。",
    "{len_type} values are required, but {len_value} were given.": "需要 {len_type} 个值，给了 {len_value} 个。",
    "{name} {filename!r} does not exist.": "找不到{name}“{filename}”。",
    "{name} {filename!r} is a file.": "“{filename}”是文件，这里要的是{name}。",
    "{name} {filename!r} is a directory.": "“{filename}”是文件夹，这里要的是{name}。",
    "{name} {filename!r} is not readable.": "没有权限读取{name}“{filename}”。",
    "{name} {filename!r} is not writable.": "没有权限写入{name}“{filename}”。",
    "{name} {filename!r} is not executable.": "{name}“{filename}”不能执行。",
}
"""Click's sentences and ours. What only a programmer can cause (a wrong declaration) is left in English."""

MODULES: tuple[ModuleType, ...] = (
    click.core,
    click.decorators,
    click.exceptions,
    click.formatting,
    click.parser,
    click.termui,
    click.types,
)


def translate(message: str) -> str:
    """Return the Chinese sentence for one of click's."""
    return CATALOGUE.get(message, message)


def translate_plural(one: str, many: str, number: int) -> str:
    """Return the Chinese sentence for one of click's that differs in English by number."""
    return translate(one if number == 1 else many)


def columns(text: str) -> int:
    """Return how many terminal columns ``text`` takes, whatever its colour."""
    return width(click.unstyle(text))


def speak_chinese() -> None:
    """Make click use the catalogue, in this process, and align its help by the width of Chinese characters."""
    setattr(click.formatting, "term_len", columns)  # noqa: B010 - click exports no such name
    for module in MODULES:
        for name, function in (("_", translate), ("ngettext", translate_plural)):
            if hasattr(module, name):
                setattr(module, name, function)
