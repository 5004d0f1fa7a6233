"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from netspec.api import Spec
    from netspec.shape import Shape

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

settings: Decorator = click.option(
    "--set",
    "settings",
    metavar="KEY=VALUE",
    multiple=True,
    help="Set a param or a dotted key of the spec (repeatable).",
)


def _load_plugins(ctx: click.Context, param: click.Parameter, paths: tuple[Path, ...]) -> None:
    if paths:
        from netspec.plugins import load_plugin

        for path in paths:
            load_plugin(path)


plugins: Decorator = click.option(
    "--plugin",
    metavar="FILE.py",
    multiple=True,
    type=click.Path(path_type=Path),
    expose_value=False,
    is_eager=True,
    callback=_load_plugins,
    help="Load more layers from a Python file (repeatable).",
)


def load(source: str, settings: tuple[str, ...]) -> Spec:
    """Load the spec a command was given, with its `--set` options applied."""
    from netspec import api
    from netspec.frontend.inherit import setting

    return api.load(source, settings=dict(setting(text) for text in settings))


class InputShape(click.ParamType[Any]):
    """``3x224x224`` for the only input, or ``left=3x224x224`` for one of several."""

    name = "shape"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str | None, Shape]:
        """The input's name, None for the only one, and its shape."""
        name, equals, sizes = value.rpartition("=")
        parts = sizes.split("x")
        if not all(part.isdecimal() and int(part) > 0 for part in parts):
            self.fail(f"{value!r} is not a shape such as 3x224x224 or NAME=3x224x224.", param, ctx)
        return (name if equals else None), tuple(map(int, parts))


def input_shapes(spec: Spec, shapes: tuple[tuple[str | None, Shape], ...]) -> dict[str, Shape]:
    """Shapes by the name of the input they are for."""
    names = list(spec.document.inputs)
    if len(names) != 1 and any(name is None for name, _ in shapes):
        raise click.UsageError(f"This network has several inputs: say which, as in {names[0]}=3x224x224.")
    return {names[0] if name is None else name: shape for name, shape in shapes}
