"""Pictures of networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from netspec.diagnostics.arguments import typed
from netspec.driver.picture_file import SHOWN, Look, Themes, finish, picture_file
from netspec.driver.spec import Spec, elaborate
from netspec.shape import Shape

if TYPE_CHECKING:
    from netspec.analysis import Analysis
    from netspec.differences import Difference
    from netspec.frontend.schema import ResultForm
    from netspec.picture.plot import Mark


@typed
def draw(
    spec: Spec | str | Path,
    *,
    form: str = ".svg",
    style: Literal["graph", "volumes", "blocks"] = "graph",
    level: int | None = None,
    direction: Literal["down", "right"] = "down",
    theme: Themes = "light",
    width: str | None = None,
    show: Sequence[str] = SHOWN,
    colour: Literal["kind", "params", "macs", "memory"] = "kind",
    inputs: Mapping[str, Shape] | None = None,
    **params: Any,
) -> str | bytes:
    """A picture of a network.

    Args:
        spec: A loaded spec, or an argument for `load`.
        form: The suffix of the format: ``.svg``, ``.png``, ``.pdf``, ``.tex``, ``.mmd`` or ``.dot``.
        style: A ``graph`` of boxes; feature maps as ``volumes`` to scale, which show no branches side by side; or the
            table of stages with each distinct one of the ``blocks`` beside it.
        level: Levels of modules to show; deeper ones are folded. By default as many as stay easy to survey.
        direction: Where the data of a graph flows to: ``down`` or ``right``; that of volumes flows to the right.
        theme: The colours: ``light``, ``dark``, or ``print``, which is grey on a transparent ground.
        width: The width with its unit, ``88mm``.
        show: What boxes tell: ``kernel``, ``shapes``, ``params``, ``macs``, ``field``.
        colour: What the ground of boxes tells: their ``kind``, or their share of an amount.
        inputs: Input shapes in place of the spec's own.
        params: Params and keys to set, as in `load`.

    Raises:
        NetspecError: The spec is wrong. NS0911: the format is unknown or the width is none. NS0904: a library that
            the format needs is not installed.
    """
    from netspec.analysis import analyze

    look = Look(form, theme, width, style, level, direction, show, colour)
    return picture_file(analyze(elaborate(spec, inputs, **params)), look)


def plot(
    marks: Sequence[Mark],
    *,
    form: str = ".svg",
    theme: Themes = "light",
    width: str | None = None,
) -> str | bytes:
    """Networks as circles: operations along, a published result or else parameters upwards, parameters as areas.

    Args:
        marks: The networks, from `mark_of`.
        form: The suffix of the format.
        theme: The colours.
        width: The width with its unit.

    Raises:
        NetspecError: NS0911: the format is unknown or has no place for it; no network has the figures, or there are too
            many. NS0904: a library that the format needs is not installed.
    """
    from netspec.picture import plot as plots

    made = finish(Look(form, theme, width))
    names = ", ".join(mark.name for mark in marks)
    doc = f"operations, {'results' if plots.measured(marks) else 'parameters'} and sizes of {names}"
    return made.file(plots.plot(marks, made.theme), doc)


def draw_difference(
    found: Difference,
    *,
    form: str = ".svg",
    theme: Themes = "light",
    width: str | None = None,
) -> str | bytes:
    """The second network of a difference, with signs on what was added, removed and changed.

    Args:
        found: The difference, from `diff`.
        form: The suffix of the format.
        theme: The colours.
        width: The width with its unit.

    Raises:
        NetspecError: NS0911: the format is unknown. NS0904: a library that the format needs is not installed.
    """
    from netspec.picture.changes import marked
    from netspec.picture.layout import layout

    made = finish(Look(form, theme, width))
    shown = marked(found)
    doc = f"the changes from {found.before.graph.name} to {found.after.graph.name}: {len(found.changes):,}"
    return made.file(layout(shown.scene), doc, shown.fills(made.theme))


def draw_field(
    spec: Spec,
    layer: str,
    *,
    form: str = ".svg",
    theme: Themes = "light",
    width: str | None = None,
    inputs: Mapping[str, Shape] | None = None,
) -> str | bytes:
    """What the middle unit of a layer sees of the maps before it, and the step of a convolution as tiles.

    Args:
        spec: The network.
        layer: The path of a layer; that of a block names its last layer.
        form: The suffix of the format.
        theme: The colours.
        width: The width with its unit.
        inputs: Input shapes in place of the spec's own.

    Raises:
        NetspecError: The spec is wrong. NS0501: it has no such layer. NS0911: the format is unknown or has no
            place for it. NS0904: a library that the format needs is not installed.
    """
    from netspec.analysis.explanation import named
    from netspec.picture.field import field

    made = finish(Look(form, theme, width))
    graph = elaborate(spec, inputs)
    node = graph.nodes[named(graph, layer)[-1]]
    doc = f"the windows that the middle unit of {node.key} sees, from the input on"
    return made.file(field(graph, node, made.theme), doc)


def mark_of(name: str, analysis: Analysis, results: Mapping[str, ResultForm]) -> Mark:
    """A network's place in a plot, under a name, with its spec's published results."""
    from netspec.picture.plot import Mark

    figures = {(data, figure): value for data, each in results.items() for figure, value in each.figures.items()}
    return Mark(name, analysis.weights.total.params, analysis.work.total, figures)
