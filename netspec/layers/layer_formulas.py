"""Formulas of a layer's figures, recorded from its rules, which run over symbols for its options and inputs' sizes."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from netspec.expr.folding import substitute, transform
from netspec.expr.nodes import Literal, Name, names
from netspec.expr.symbols import SymInt, expr_of
from netspec.layers.base import Layer, Shapes
from netspec.layers.checks import AXIS_NAMES
from netspec.layers.formula import Formula, Symbols, named
from netspec.layers.ranks import ANY
from netspec.shape import Shape

SPATIAL = {"length": "L", "depth": "D", "height": "H", "width": "W"}
"""Symbols for the sizes of spatial axes."""

SIZES = {"channels": "C", "features": "F", **SPATIAL}
"""Symbols for sizes by the axes' names."""

WINDOW = {"kernel": "k", "stride": "s", "padding": "p", "dilation": "d", "output_padding": "extra", "scale_factor": "f"}
"""Symbols of options that may have a number for each spatial axis; a letter of the axis stands below them."""

TEXTBOOK = ("kernel", "stride", "padding")
"""Options that textbooks write even where they have their default."""

COUNTS = ("params", "macs", "connections")
"""Formulas of counts; others are of sizes."""


class LayerFormulas:
    """The sizes of a layer's first output that are more than a symbol, ``params``, ``macs`` and ``connections``."""

    def __init__(self, layer: Layer, inputs: Shapes) -> None:
        self.symbols = Symbols()
        self.ranks = layer.ranks
        axes = self._axes(len(inputs[0])) if inputs else ()
        self.spatial = tuple([SPATIAL[axis] for axis in axes if axis in SPATIAL])
        own = "_in" if "out" in type(layer).option_fields() else ""
        below = [f"_{at}" for at in range(1, len(inputs) + 1)] if len(inputs) > 1 else [""]
        self.inputs = tuple([self._input(shape, own, each) for shape, each in zip(inputs, below, strict=False)])
        self.layer = layer.model_copy(update=dict(self._options(layer, "F" if axes[-1:] == ("features",) else "C")))
        self.outputs = self.layer.infer(self.inputs)

    def __iter__(self) -> Iterator[Formula]:
        yield from self._sizes()
        outputs = (tuple(self._output(self.outputs[0])),) if len(self.outputs) == 1 else self.outputs
        inside = {expr_of(size): expr_of(symbol) for size, symbol in zip(self.outputs[0], outputs[0], strict=True)}
        weights = self.layer.weights(self.inputs).values()
        counts = (
            sum(weight.numel for weight in weights if not weight.buffer),
            self.layer.macs(self.inputs, outputs),
            self.layer.count_connections(self.inputs, outputs),
        )
        for name, count in zip(COUNTS, counts, strict=True):
            if count is not None:
                expr = transform(expr_of(count), inside.get)
                yield self.symbols.formula(name, SymInt(int(count), expr))

    def _axes(self, rank: int) -> tuple[str, ...]:
        """The names of a shape's axes."""
        if rank - 1 not in (0, *AXIS_NAMES):
            return tuple([f"axis {axis}" for axis in range(rank)])
        spatial = AXIS_NAMES.get(rank - 1, ())
        features_last = self.ranks.features_last or rank == 1 or (rank == 2 and self.ranks is ANY)
        return (*spatial, "features") if features_last else ("channels", *spatial)

    def _letters(self, rank: int) -> list[str]:
        """Symbols for the sizes of a shape."""
        return [SIZES.get(axis) or axis.replace("axis ", "n_") for axis in self._axes(rank)]

    def _input(self, shape: Shape, own: str, below: str) -> Shape:
        letters = [each + own if each in "CF" else each for each in self._letters(len(shape))]
        return tuple([self.symbols.symbol(each + below, size) for each, size in zip(letters, shape, strict=True)])

    def _output(self, shape: Shape) -> Iterator[int]:
        """A shape with a symbol of its own for each size that is more than a symbol."""
        for letter, size in zip(self._letters(len(shape)), shape, strict=True):
            known = isinstance(expr_of(size), Name)
            yield size if known else self.symbols.symbol(f"{letter}_out", int(size))

    def _options(self, layer: Layer, channels: str) -> Iterator[tuple[str, Any]]:
        """The numbers among the options, as symbols; others than those of a window only where they are no default."""
        others = {"out": f"{channels}_out", "hidden_size": "H", **WINDOW}
        for option, field in type(layer).option_fields().items():
            value = getattr(layer, field)
            if option not in TEXTBOOK and value == type(layer).model_fields[field].default:
                continue
            if option in WINDOW and self.spatial and isinstance(value, (int, tuple)):
                each = (value,) * len(self.spatial) if isinstance(value, int) else value
                if len(each) == len(self.spatial):
                    at = zip(each, self.spatial, strict=True)
                    yield field, tuple([self._along(WINDOW[option], size, _below(letter)) for size, letter in at])
            elif type(value) is int:
                yield field, self.symbols.symbol(others.get(option, option), value)

    def _along(self, name: str, size: Any, below: str) -> Any:
        """An option's number for one axis, or its pair of numbers before and after it."""
        if isinstance(size, tuple):
            before, after = size
            unequal = "" if before == after else "_after"
            return self.symbols.symbol(name + below, before), self.symbols.symbol(name + unequal + below, after)
        return self.symbols.symbol(name + below, size) if isinstance(size, int) else size

    def _sizes(self) -> Iterator[Formula]:
        """Formulas of sizes that are more than a symbol; spatial axes of the same numbers share one."""
        (shape, *_) = self.outputs
        axes = self._axes(len(shape))
        told = [at for at, size in enumerate(shape) if not isinstance(expr_of(size), (Name, Literal))]
        shared = [replace(self._size(at, shape[at], "S"), name="") for at in told]
        if len(told) > 1 and shared == shared[:1] * len(self.spatial):
            yield replace(shared[0], name=", ".join([axes[at] for at in told]))
            return
        for at in told:
            yield replace(self._size(at, shape[at], None), name=axes[at])

    def _size(self, at: int, size: int, letter: str | None) -> Formula:
        """The formula of an axis; a spatial one that depends on no other needs no letters below its symbols."""
        if not 0 < at <= len(self.spatial) or self.spatial == ("L",):
            return self.symbols.formula("", size)
        own = self.spatial[at - 1]
        plain = {
            each: letter or own if each == own else each.removesuffix(_below(own)) for each in names(expr_of(size))
        }
        if any(new == old != own for old, new in plain.items()):
            return self.symbols.formula("", size)
        renamed = substitute(expr_of(size), {old: named(new) for old, new in plain.items()})
        return Formula.recorded("", SymInt(int(size), renamed), {new: self.symbols[old] for old, new in plain.items()})


def _below(letter: str) -> str:
    """What stands below the symbols of options along an axis."""
    return "" if letter == "L" else f"_{letter.lower()}"
