"""Words around figures: changes, completion, dates.

Every figure comes ready from the metrics; here it only gets its words. This module must not compute one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

DASH = "—"
"""Shown where there is no value; never a zero."""

Direction = Literal["up", "down", "neutral"]
"""Which way a metric is better."""
Tone = Literal["good", "bad", "even"]


@dataclass(frozen=True)
class Moved:
    """A change ready for reading: its words, which way it went, and what it is a change from."""

    words: str
    up: bool
    even: bool = False
    base: str | None = None


def tone_of(moved: Moved | None, direction: Direction) -> Tone:
    """Say whether a change is good, bad or neither for a metric of ``direction``."""
    if moved is None or moved.even or direction == "neutral":
        return "even"
    return "good" if moved.up == (direction == "up") else "bad"


Light = Literal["green", "amber", "red"]
"""How a figure stands against the time passed, as the metrics judge it."""


def tone_of_pace(light: Light | None, gap: float | None) -> Tone:
    """Say how a completion looks: bad once the metrics say amber or red, good only when not behind at all."""
    if light in {"amber", "red"}:
        return "bad"
    return "good" if light == "green" and gap is not None and gap >= 0 else "even"


def arrow(moved: Moved | None) -> str:
    """Return the arrow of a change; nothing where it does not move."""
    if moved is None or moved.even:
        return ""
    return "▲" if moved.up else "▼"


def within(light: Light | None, gap: float | None) -> bool:
    """Return whether a completion is behind the time passed by no more than the metrics allow."""
    return light == "green" and gap is not None and round(gap, 1) < 0


def pace_words(gap: float | None, light: Light | None = None) -> str:
    """Return how far the completion is from the time passed, in words; what the metrics let pass is not called slow."""
    if gap is None:
        return ""
    if round(gap, 1) == 0:
        return "与时间进度持平"
    if within(light, gap):
        return f"基本跟上时间进度，差 {abs(gap):,.1f} 个百分点"
    return f"{'快' if gap > 0 else '慢'}于时间进度 {abs(gap):,.1f} 个百分点"


def percent(value: float | None) -> str:
    """Return a percentage with one decimal, or a dash."""
    return DASH if value is None else f"{value:,.1f}%"


def day(value: date | None) -> str:
    """Return a day as an office writes it: 2024年7月5日."""
    return DASH if value is None else f"{value.year}年{value.month}月{value.day}日"
