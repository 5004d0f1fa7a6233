"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netspec.diagnostics import Diagnostic, NetspecError
from netspec.frontend.pause import collection_paused
from netspec.report.writers import formats

if TYPE_CHECKING:
    from netspec.driver.spec import Spec
    from netspec.shape import Shape

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

WEIGHTS = "a file, a RUN's folder, torchvision:NAME, timm:NAME, or default for the spec's own source"
"""Values of an option for weights, for its help."""


def settings(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options for settings of a spec, its largest number of entries, and plugins with its layers."""
    return _set(entries(plugins(command)))


_set: Decorator = click.option(
    "--set",
    "settings",
    metavar="KEY=VALUE",
    multiple=True,
    help="Set a param or a dotted key of the spec (repeatable).",
)


def _allow_entries(ctx: click.Context, param: click.Parameter, number: int | None) -> None:
    ctx.meta[_ENTRIES] = number


_ENTRIES = "netspec.max_entries"

entries: Decorator = click.option(
    "--max-entries",
    type=click.IntRange(min=1),
    metavar="N",
    expose_value=False,
    callback=_allow_entries,
    help="Let a spec unroll to N entries, a repeat's anew in every round; 10000 are allowed without.",
)


def max_entries() -> int | None:
    """The largest number of entries to which a spec may unroll by the command's option; None where it was not given."""
    ctx = click.get_current_context(silent=True)
    return ctx.meta.get(_ENTRIES) if ctx else None


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


class Form(click.Choice[Any]):
    """A format in which results are written."""

    def __init__(self) -> None:
        super().__init__(formats())

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The format's name; text was once called table."""
        return super().convert("text" if value == "table" else value, param, ctx)


output_format: Decorator = click.option(
    "--format", "form", type=Form(), default="text", help="How it is told: text for a terminal, a page, or data."
)


data_folder: Decorator = click.option(
    "--data",
    "folder",
    metavar="DIR",
    type=click.Path(file_okay=False, resolve_path=True),
    help="Folder of the data; otherwise $NETSPEC_DATA, then ~/.cache/netspec.",
)
device: Decorator = click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    help="Where to compute; auto is CUDA where there is one.",
)


inference: Decorator = click.option(
    "--inference",
    is_flag=True,
    help="The network as it runs outside training: entries with `only: training` are left out.",
)


recipe: Decorator = click.option(
    "--recipe",
    metavar="FILE|NAME",
    type=click.Path(path_type=Path),
    help="A recipe in place of the section `train`: a file, or one that comes with netspec, such as transfer.",
)


def load(source: str, settings: tuple[str, ...], recipe: Path | None = None) -> Spec:
    """Load the spec a command was given, a file, a pipe or a zoo name, with its `--set` options applied.

    Args:
        source: The file, ``-`` or the name, as given.
        settings: The values of `--set`.
        recipe: The replacement of the section `train`: a file, or a name.
    """
    from netspec import api
    from netspec.frontend.inherit import setting

    values = dict(setting(text) for text in settings)
    text = _piped(source)
    if text is not None:
        return api.loads(text, values, source, recipe, max_entries())
    return api.load(source, values, recipe, max_entries())


@collection_paused()
def check(
    source: str,
    settings: tuple[str, ...],
    ignored: tuple[str, ...] = (),
    recipe: Path | None = None,
    *,
    inference: bool = False,
) -> list[Diagnostic]:
    """Errors of the spec that the command was given and of its recipe, with fixes."""
    from netspec import api
    from netspec.frontend.inherit import setting

    try:
        values = dict(setting(text) for text in settings)
        text = _piped(source)
    except NetspecError as error:
        return error.diagnostics
    return api.check(source, values, text, ignored, recipe, max_entries(), inference=inference)


def _piped(source: str) -> str | None:
    """The text of a spec that comes through a pipe, which can be read only once; None for a file or a zoo name.

    Raises:
        NetspecError: It is not text, is too large, or is neither a file nor a pipe.
    """
    path = Path(source)
    if source != "-" and (not path.exists() or path.is_file() or path.is_dir()):
        return None
    from netspec.files.reading import read_bounded, standard_input
    from netspec.frontend.source import decoded

    return decoded(standard_input() if source == "-" else read_bounded(path), source)


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


inputs: Decorator = click.option(
    "--input", "inputs", type=InputShape(), multiple=True, help="Another input shape: 3x64x64 or NAME=3x64x64."
)


class Tolerance(click.FloatRange):
    """A permitted relative difference: at least 0, and finite."""

    def __init__(self) -> None:
        super().__init__(min=0)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number."""
        number = float(super().convert(value, param, ctx))
        if not number < float("inf"):  # true of nan too, which compares with no number
            self.fail(f"{value!r} is not a finite number.", param, ctx)
        return number


def input_shapes(spec: Spec, shapes: tuple[tuple[str | None, Shape], ...]) -> dict[str, Shape]:
    """Shapes by the name of their input."""
    names = list(spec.document.inputs)
    if len(names) != 1 and any(name is None for name, _ in shapes):
        raise click.UsageError(f"This network has several inputs: say which, as in {names[0]}=3x224x224.")
    found: dict[str, Shape] = {}
    for given, shape in shapes:
        name = given or names[0]
        if name not in names:
            raise click.UsageError(f"This network has no input {name!r}, but {', '.join(map(repr, names))}.")
        if name in found:
            raise click.UsageError(f"The input {name!r} is given two shapes.")
        found[name] = shape
    return found
