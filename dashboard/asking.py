"""The request by which a browser asks for a screen, for whoever is no browser: benchmarks and tests.

It follows the callback as Dash describes it, so it stays right when the callback changes. This module must not know a
page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.components.charts import PLOT
from dashboard.components.frame import FOOT, LINKS, SCREEN
from dashboard.components.piece import KEY

ADDRESS = "/_dash-update-component"
DESCRIBED = "/_dash-dependencies"
"""Where Dash describes its callbacks."""
SHELL: Mapping[str, str | None] = dict.fromkeys((LINKS, SCREEN, FOOT))
"""The pieces a browser holds when it has loaded nothing but the shell, and their stamps."""


def screen_request(
    callbacks: Sequence[Mapping[str, Any]], path: str, search: str = "", *, held: Mapping[str, str | None] = SHELL
) -> dict[str, Any]:
    """Return the body of the request for one screen.

    Args:
        callbacks: What ``DESCRIBED`` answers.
        path: The page's address.
        search: The address's question.
        held: The stamps of the pieces the browser holds, by name.
    """
    (callback,) = (found for found in callbacks if _takes_the_address(found))
    told = {"pathname": path, "search": search}
    output = callback["output"]
    names = [name.rsplit(".", 1) for name in output.strip(".").split("...")]
    outputs: list[Any] = []
    for id_, property_ in names:
        if not id_.startswith("{"):
            outputs.append({"id": id_, "property": property_})
        elif f'"{KEY}"' in id_:
            outputs.append([{"id": {KEY: name}, "property": property_} for name in held])
        else:
            charts = [name.removesuffix(PLOT) for name in held if name.endswith(PLOT)]
            outputs.append([{"id": {"role": "chart", "name": name}, "property": property_} for name in charts])
    return {
        "output": output,
        "outputs": outputs,
        "inputs": [{**item, "value": told.get(item["property"])} for item in callback["inputs"]],
        "state": [
            [{"id": {KEY: name}, "property": item["property"], "value": stamp} for name, stamp in held.items()]
            for item in callback["state"]
        ],
        "changedPropIds": ["url.search"],
    }


def _takes_the_address(callback: Mapping[str, Any]) -> bool:
    inputs = {(item["id"], item["property"]) for item in callback["inputs"]}
    return ("url", "pathname") in inputs and not callback.get("clientside_function")
