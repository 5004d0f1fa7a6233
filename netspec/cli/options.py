"""Options that several commands share, and the spec that a command is given with them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netspec import zoo_specs
from netspec.cli import output, types
from netspec.diagnostics import Diagnostic, NetspecError, did_you_mean
from netspec.frontend.pause import collection_paused
from netspec.objects.immutable import immutable
from netspec.report.writers import formats

if TYPE_CHECKING:
    from netspec.driver.spec import Spec
    from netspec.shape import Shape

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

WEIGHTS = "a file, a RUN, torchvision:NAME, timm:NAME, or default for the spec's own source"
"""Values of an option for weights, for its help."""


def number(*names: str, most: int | None = None, **values: Any) -> Decorator:
    """An option that takes a whole number, at least 1."""
    return click.option(*names, type=click.IntRange(1, most), metavar="N", **values)


def seed(**values: Any) -> Decorator:
    """The option `--seed`."""
    return click.option("--seed", type=click.IntRange(0, 2**32 - 1), metavar="N", **values)


def path(*names: str, metavar: str, **values: Any) -> Decorator:
    """An option that takes a file or a folder."""
    return click.option(*names, metavar=metavar, type=click.Path(path_type=Path), **values)


def weights(help: str) -> Decorator:
    """The option `--weights`."""
    return click.option("--weights", metavar="SOURCE", type=types.weights, help=help)


def tolerance(default: float, help: str) -> Decorator:
    """The option `--tolerance`: a relative difference, at least 0 and finite."""
    taken = click.FloatRange(min=0)
    return click.option(
        "--tolerance", type=taken, callback=types.finite, metavar="X", default=default, show_default=True, help=help
    )


def precision(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option `--precision`."""
    from netspec.autograd import PRECISIONS

    types, told = (
        click.Choice(list(PRECISIONS)),
        "Element types; bf16 and fp16 cast as they go, -true has all in 16 bits.",
    )
    return click.option("--precision", type=types, default="float32", show_default=True, help=told)(command)


def check_known(what: str, name: str, known: Collection[str], otherwise: str = "") -> None:
    """Refuse an unknown name of an option's value.

    Raises:
        BadParameter: It is unknown; with the nearest that is known, or else `otherwise`, or else all.
    """
    if name not in known:
        help = did_you_mean(name, known) or otherwise or ", ".join(known)
        raise click.BadParameter(f"there is no {what} {name!r}; {help}")


def columns(value: str, known: Collection[str], sets: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """``params,macs``, or the name of a set of columns, as the columns' names.

    Raises:
        BadParameter: One of them is unknown.
    """
    found: list[str] = []
    for name in value.split(","):
        check_known("column", name, [*known, *sets])
        found += sets.get(name, (name,))
    return tuple(dict.fromkeys(found))


FORM = click.Choice(formats())
"""The formats in which results are written."""

output_format: Decorator = click.option(
    "--format", "form", type=FORM, default="text", help="Format of the result: text for a terminal, a page, or data."
)


def told(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option `--format`, in which the document that the command returns is written."""

    @functools.wraps(command)
    def call(*args: Any, form: str, **values: Any) -> int:
        return output.write(command(*args, **values), form)

    return output_format(call)


data_folder: Decorator = click.option(
    "--data",
    "folder",
    metavar="PATH",
    type=click.Path(resolve_path=True),
    help="Folder or file of the data; otherwise $NETSPEC_DATA, then ~/.cache/netspec.",
)
device: Decorator = click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="Device that computes; auto is CUDA where there is one.",
)
entries = number(
    "--max-entries", help="Most entries a spec may unroll to, a repeat's anew in each round; 10000 unless given."
)


def _load_plugins(ctx: click.Context, param: click.Parameter, paths: tuple[Path, ...]) -> None:
    if paths:
        from netspec.plugins import load_plugin

        for file in paths:
            load_plugin(file)
        ctx.meta[output.PLUGINS] = paths


plugins = path(
    "--plugin",
    metavar="FILE.py",
    multiple=True,
    expose_value=False,
    is_eager=True,
    callback=_load_plugins,
    help="Python file with more layers and parts of recipes (repeatable).",
)


def settings(of: str) -> Decorator:
    """The option `--set`."""
    help = f"Value of a param or a dotted key of {of} (repeatable)."
    return click.option("--set", "settings", metavar="KEY=VALUE", multiple=True, help=help)


_OF_SPECS: dict[str, Decorator] = {
    "recipe": path(
        "--recipe",
        metavar="FILE|NAME",
        help="A recipe in place of the section `train`: a file, or one that comes with netspec, such as transfer.",
    ),
    "inference": click.option(
        "--inference", is_flag=True, help="Leave out entries with `only: training`, as outside training."
    ),
    "inputs": click.option(
        "--input",
        "inputs",
        type=types.shape,
        metavar="SHAPE",
        multiple=True,
        help="Another shape: 3x64x64 or NAME=3x64x64.",
    ),
}
"""Options that not every command with a spec has."""


def spec(
    *more: str, metavar: str = "SPEC", type: Callable[[str], str] = str, many: bool = False, required: bool = True
) -> Decorator:
    """The argument SPEC and the options that change it; the command gets a `Given`, or a list of them.

    Args:
        more: Names of further options: ``recipe``, ``inference``, ``inputs``.
        metavar: The argument as help shows it.
        type: The type of the argument.
        many: Whether it takes several specs.
        required: Whether a spec must be given.
    """

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(command)
        def call(*args: Any, source: Any, **values: Any) -> Any:
            own = {name: values.pop(name) for name in ("settings", "max_entries", *more)}
            found = [Given(each or "", **own) for each in (source if many else [source])]
            return command(*args, found if many else found[0], **values)

        argument = click.argument("source", metavar=metavar, type=type, nargs=-1 if many else 1, required=required)
        for option in (plugins, entries, settings("the spec"), *(_OF_SPECS[name] for name in reversed(more))):
            option(call)
        return argument(call)

    return decorate


def spec_or_run(*more: str) -> Decorator:
    """As `spec`, for a spec or the folder of a run."""
    return spec(*more, metavar="SPEC|RUN", type=zoo_specs.spec_or_run)


@immutable
class Given:
    """A spec as a command was given it.

    Attributes:
        source: A file, ``-`` or a name; empty where none was given, and none need be.
        settings: The values of `--set`.
        max_entries: The largest number of entries to which it may unroll; None where none was given.
        recipe: The replacement of its section `train`: a file, or a name.
        inference: Whether it is wanted as it runs outside training.
        inputs: Other input shapes, each with its name, or None for that of the only input.
    """

    source: str
    settings: tuple[str, ...] = ()
    max_entries: int | None = None
    recipe: Path | None = None
    inference: bool = False
    inputs: tuple[tuple[str | None, Shape], ...] = ()

    def load(self) -> Spec:
        """Read the file, the pipe or the zoo's spec, and check its form."""
        from netspec import api

        values, text = self._read()
        if text is None:
            found = api.load(self.source, values, self.recipe, self.max_entries)
        else:
            found = api.loads(text, values, self.source, self.recipe, self.max_entries)
        return api.for_inference(found) if self.inference else found

    def load_sized(self) -> Spec:
        """As `load`, with the other input shapes as the spec's own."""
        from netspec.driver.sizing import with_inputs

        loaded = self.load()
        return with_inputs(loaded, self.input_shapes(loaded))

    def run_or_sized(self) -> Spec | str:
        """The folder, where a run is meant; else as `load_sized`."""
        from netspec.files.run_folder import is_run

        if not is_run(Path(self.source)):
            return self.load_sized()
        if self.settings or self.inputs:
            raise click.UsageError("--set and --input are for a SPEC: a RUN's network is as it was trained.")
        return self.source

    @collection_paused()
    def check(self, ignored: tuple[str, ...] = ()) -> list[Diagnostic]:
        """Errors of the spec and of its recipe, with fixes."""
        from netspec import api

        try:
            values, text = self._read()
        except NetspecError as error:
            return error.diagnostics
        return api.check(self.source, values, text, ignored, self.recipe, self.max_entries, inference=self.inference)

    def input_shapes(self, spec: Spec) -> dict[str, Shape]:
        """Shapes by the name of their input."""
        names = list(spec.document.inputs)
        if len(names) != 1 and any(name is None for name, _ in self.inputs):
            raise click.UsageError(f"This network has several inputs: say which, as in {names[0]}=3x224x224.")
        found: dict[str, Shape] = {}
        for given, shape in self.inputs:
            name = given or names[0]
            if name not in names:
                raise click.UsageError(f"This network has no input {name!r}, but {', '.join(map(repr, names))}.")
            if name in found:
                raise click.UsageError(f"The input {name!r} is given two shapes.")
            found[name] = shape
        return found

    def _read(self) -> tuple[dict[str, Any], str | None]:
        """The settings, and the text that comes through a pipe, which can be read only once.

        Raises:
            NetspecError: It is not text, is too large, or is neither a file nor a pipe.
        """
        from netspec.frontend.settings import setting

        values = dict(setting(text) for text in self.settings)
        path = Path(self.source)
        if self.source != "-" and (not path.exists() or path.is_file() or path.is_dir()):
            return values, None
        from netspec.files.reading import read_bounded, standard_input
        from netspec.frontend.source import decoded

        return values, decoded(standard_input() if self.source == "-" else read_bounded(path), self.source)
