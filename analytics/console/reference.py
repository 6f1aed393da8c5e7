"""The reference page of the command, made from its help texts: ``make docs`` writes it, a test holds it current.

This module must not know any verb.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

START, END = "<!-- reference:start -->", "<!-- reference:end -->"
NAME = "taizhang"


def reference(command: click.Group) -> str:
    """Return every verb's help as Markdown, in the order of the command."""
    root = click.Context(command, info_name=NAME, color=False, **command.context_settings)
    parts = [START, _block(command.get_help(root))]
    for name, verb in command.commands.items():
        context = click.Context(verb, info_name=name, parent=root, color=False, **command.context_settings)
        parts += [f"## {NAME} {name}", _block(verb.get_help(context))]
        for part, inner in verb.commands.items() if isinstance(verb, click.Group) else ():
            below = click.Context(inner, info_name=part, parent=context, color=False, **command.context_settings)
            parts += [f"### {NAME} {name} {part}", _block(inner.get_help(below))]
    return "\n\n".join([*parts, END])


def _block(text: str) -> str:
    lines = (line.rstrip() for line in text.splitlines())
    return "```text\n" + "\n".join(lines) + "\n```"


def refreshed(page: str, command: click.Group) -> str:
    """Return ``page`` with what stands between the marks made anew."""
    before, rest = page.split(START)
    return before + reference(command) + rest.split(END)[1]


def main(path: Path) -> None:
    """Bring the page at ``path`` up to date."""
    from analytics.cli import main as command

    path.write_text(refreshed(path.read_text(encoding="utf-8"), command), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
