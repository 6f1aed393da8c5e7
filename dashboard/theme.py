"""The one design: type scale, spacing, colour roles and the look of charts.

Everything visible takes its measures from here: the style sheet through the custom properties of
``css_variables``, the controls through ``mantine_theme`` and the charts through ``figure_layout``.
This module must not know what is shown, only how it looks.
"""

from __future__ import annotations

from typing import Any

FONT = (
    '-apple-system, BlinkMacSystemFont, "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", '
    '"Source Han Sans SC", "WenQuanYi Micro Hei", sans-serif'
)
"""The fonts of the reader's own system; no font is ever fetched."""

TYPE = {
    "note": "0.75rem",
    "small": "0.8125rem",
    "body": "0.9375rem",
    "lead": "1.125rem",
    "title": "1.0625rem",
    "page": "1.75rem",
    "figure": "2.25rem",
}
SPACE = {"1": "0.25rem", "2": "0.5rem", "3": "0.75rem", "4": "1rem", "5": "1.5rem", "6": "2rem", "7": "3rem"}
SHAPE = {"radius": "10px", "radius-small": "6px", "width": "80rem", "hair": "1px"}

# Good is a blue-green and bad a burnt orange: they stay apart for people who do not tell red from green,
# and neither can be mistaken for the accent, which only ever means "this is the figure itself".
LIGHT = {
    "page": "#f6f5f2",
    "surface": "#ffffff",
    "sunken": "#f0eeea",
    "ink": "#1d1f22",
    "muted": "#5b6068",
    "faint": "#686d75",
    "line": "#e3e0d9",
    "edge": "#8b8880",
    "accent": "#a8221c",
    "accent-soft": "#f8e9e7",
    "good": "#0a6a73",
    "good-soft": "#e2f1f1",
    "warn": "#755400",
    "warn-soft": "#f9efcd",
    "bad": "#a8480b",
    "bad-soft": "#fbecdf",
    "focus": "#1a5fb4",
    "shadow": "0 1px 2px rgb(40 30 20 / 5%), 0 4px 16px rgb(40 30 20 / 4%)",
}
DARK = {
    "page": "#141517",
    "surface": "#1d1f22",
    "sunken": "#26282c",
    "ink": "#eceae6",
    "muted": "#b2b5ba",
    "faint": "#92969d",
    "line": "#34373c",
    "edge": "#70747b",
    "accent": "#f08a80",
    "accent-soft": "#3a2422",
    "good": "#5cc2c9",
    "good-soft": "#17363a",
    "warn": "#e3c35f",
    "warn-soft": "#363016",
    "bad": "#f2a766",
    "bad-soft": "#3d2a19",
    "focus": "#8ab8f5",
    "shadow": "none",
}

# Marks inside charts are read against both schemes, so they are of middle lightness (3:1 or more on either
# surface); the words and lines of charts take the scheme's own colours from the style sheet.
CHART = {
    "actual": "#c8402f",
    "actual_rgb": "200, 64, 47",
    "plan": "#3f7fb5",
    "last_year": "#8b9098",
    "none": "rgba(139, 144, 152, 0.16)",
    "edge": "#8b9098",
}

BREAKPOINT_PHONE = "768px"

# The accent as Mantine wants it: ten shades, light to dark.
_ACCENT_SHADES = [
    "#fbeeec",
    "#f4d9d6",
    "#e9b0aa",
    "#de847b",
    "#d55f54",
    "#d0493c",
    "#c93a2d",
    "#b22c21",
    "#a8221c",
    "#8a1813",
]


def css_variables() -> str:
    """Return the design as CSS custom properties for both colour schemes."""
    fixed = {
        **{f"type-{name}": size for name, size in TYPE.items()},
        **{f"space-{name}": size for name, size in SPACE.items()},
        **SHAPE,
        "font": FONT,
        "chart-actual": CHART["actual"],
        "chart-plan": CHART["plan"],
        "chart-last-year": CHART["last_year"],
    }

    def block(selector: str, values: dict[str, str]) -> str:
        return selector + "{" + "".join(f"--{name}:{value};" for name, value in values.items()) + "}"

    dark = ':root[data-mantine-color-scheme="dark"]'
    return "\n".join(
        [
            block(":root", fixed),
            block(":root", {**LIGHT, "scheme": "light"}),
            block(dark, {**DARK, "scheme": "dark"}),
            # Paper is white whatever the screen was.
            "@media print{"
            + block(f":root,{dark}", {**LIGHT, "page": "#ffffff", "shadow": "none", "scheme": "light"})
            + "}",
        ]
    )


def mantine_theme() -> dict[str, Any]:
    """Return the theme of the Mantine components (the controls)."""
    return {
        "fontFamily": FONT,
        "primaryColor": "accent",
        "primaryShade": {"light": 8, "dark": 5},
        "colors": {"accent": _ACCENT_SHADES},
        "defaultRadius": SHAPE["radius-small"],
        "respectReducedMotion": True,
        "cursorType": "pointer",
    }


def figure_layout(*, height: int) -> dict[str, Any]:
    """Return the layout every chart starts from.

    Args:
        height: Height of the chart in pixels.
    """
    axis = {"showgrid": False, "zeroline": False, "ticks": "", "automargin": True, "fixedrange": True, "title": None}
    return {
        "template": None,
        "height": height,
        "autosize": True,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": 13, "color": LIGHT["muted"]},
        "separators": ".,",
        "bargap": 0.42,
        "hovermode": "x unified",
        "hoverlabel": {
            "bgcolor": "#ffffff",
            "bordercolor": LIGHT["line"],
            "font": {"family": FONT, "size": 13, "color": LIGHT["ink"]},
        },
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom", "title": None},
        "xaxis": {**axis, "showline": True, "linecolor": LIGHT["line"]},
        "yaxis": {**axis, "showgrid": True, "gridcolor": LIGHT["line"], "rangemode": "tozero", "nticks": 5},
        "dragmode": False,
    }
