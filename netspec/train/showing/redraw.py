"""Drawing the pictures of a run again, from its files. Imports torch for the learning rates alone, if it is there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from netspec.diagnostics import NetspecError
from netspec.files.run_folder import METRICS, SPEC, UNDRAWN
from netspec.files.writing import write_within
from netspec.recipe.libraries import require
from netspec.train.showing.pictures.of_run import attempt, pictures, read_counts


def redraw(folder: Path, metrics: Mapping[str, Any]) -> tuple[list[str], dict[str, str]]:
    """Draw a run's pictures again.

    Args:
        folder: The run's.
        metrics: The content of its ``metrics.json``.

    Returns:
        The names of the pictures that were drawn, and those of the others with the reason.

    Raises:
        NetspecError: NS0902: the run does not keep what a picture needs as a run writes it; NS0904: matplotlib is not
            installed.
    """
    require("matplotlib")
    drawn, failed = [], {}
    epochs = metrics.get("epochs", [])
    for name, draw in pictures(folder.resolve().name, metrics, epochs, read_counts(folder), _rates(folder, metrics)):
        reason = attempt(lambda name=name, draw=draw: write_within(folder, name, draw()))
        if reason is None:
            drawn.append(name)
        else:
            failed[name] = reason
    if metrics.get(UNDRAWN):
        rest = {key: value for key, value in metrics.items() if key != UNDRAWN} | ({UNDRAWN: failed} if failed else {})
        write_within(folder, METRICS, json.dumps(rest, indent=2) + "\n")
    return drawn, failed


def _rates(folder: Path, metrics: Mapping[str, Any]) -> list[tuple[float, float]]:
    """The learning rate over the steps, by the run's own recipe; empty where it is not known."""
    if find_spec("torch") is None:
        return []
    from netspec import api
    from netspec.driver.recipes import recipe_of

    try:
        recipe, size = recipe_of(api.load(str(folder / SPEC))), int(metrics["data"]["train"])
        return recipe.plan(size).rates(recipe.steps_per_epoch(size), int(metrics["steps"]))
    except (NetspecError, KeyError, TypeError, ValueError, ArithmeticError):
        return []
