"""Tensors that are not learned."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from netspec.autograd import Tape, Tensors, Weights
from netspec.diagnostics import Code
from netspec.expr.symbols import items_of
from netspec.layers.base import Bounds, Example, Layer, Shapes, Weight, no_work, refuse, refuse_option
from netspec.layers.checks import at_least, at_most, meaningless, unset
from netspec.layers.traits import ANYTHING
from netspec.layers.types import Types
from netspec.program import Constant
from netspec.shape import Shape, product, spell

Row = tuple[int, ...] | tuple[float, ...]
Table = Literal["arange", "sinusoid", "causal", "window", "relative"]
Value = Table | int | float | Row | tuple[tuple[int, ...], ...] | tuple[tuple[float, ...], ...]

MOST_ELEMENTS = 2**24
"""The most elements of a constant, so that no spec decides how much memory a network takes before it is trained."""

MOST_WRITTEN = 4096
"""The most numbers of a constant that stand in the spec, and so in built source."""

_TABLES: dict[str, tuple[str, int, str]] = {
    "arange": ("torch.arange", 1, "int64"),
    "sinusoid": ("netspec.nn.sinusoid", 2, "float32"),
    "causal": ("netspec.nn.causal_mask", 2, "bool"),
    "window": ("netspec.nn.window_mask", 2, "bool"),
    "relative": ("netspec.nn.relative_index", 2, "int64"),
}
"""What makes each table, the numbers of its shape, and its element type."""


class ConstantTensor(Layer):
    """A tensor of its own that is not learned, without input; it is expanded to the batch, as a `parameter` is.

    A number, with a `shape` of that number throughout; a list of numbers, or a list of rows; or a table by its name:

    - ``arange`` of ``shape: [n]``, the integers from 0 to n - 1;
    - ``sinusoid`` of ``[length, width]``, ``sin(t / 10000^(2i / width))`` and the cosine in turn (Vaswani et al.,
      "Attention is all you need", 2017);
    - ``causal`` of ``[queries, keys]``, true where a key is not after its query;
    - ``window`` of ``[queries, keys]``, true where it is at most `width` places from it;
    - ``relative`` of a window ``[height, width]``, the integers ``[height width, height width]`` by which each pair of
      places finds its offset in a table of ``(2 height - 1)(2 width - 1)`` (Liu et al., "Swin transformer", 2021).

    It stands in no state_dict, unless `buffer: true` saves it there.
    """

    op: ClassVar = "constant"
    sizeless: ClassVar = "`{slice: , from: [table, words]}` is as much of a table as `words` is long"
    main: ClassVar = "value"
    arity: ClassVar = (0, 0)
    examples: ClassVar = (
        Example({"value": 0.5}),
        Example({"value": (1, 2, 3)}),
        Example({"value": ((0.5, 1.0), (2.0, 4.0)), "buffer": True}),
        Example({"value": 1.0, "shape": (4, 1)}),
        Example({"value": "arange", "shape": (10,)}),
        Example({"value": "sinusoid", "shape": (10, 16)}),
        Example({"value": "causal", "shape": (5, 5)}),
        Example({"value": "window", "shape": (5, 5), "width": 1}),
        Example({"value": "relative", "shape": (3, 2), "buffer": True}),
    )
    samples: ClassVar = {"shape": ((2, 3), (4,), (), (2, 0), (3, 5)), "width": (1, 2)}
    macs = no_work

    value: Value = Field(description="A number, a list of numbers or of rows, or a table's name.")
    shape: tuple[int, ...] | None = Field(None, description="The shape without the batch, of a number or a table.")
    width: int | None = Field(None, description="Of a `window`, how many places a key may be from its query.")
    buffer: bool = Field(False, description="Whether the state_dict holds it.")

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses shapes that the value cannot have, and very large ones."""
        rows = self._rows()
        found = self._told() if rows is None else self._listed(rows)
        if self.value == "window":
            if unset(self.width):
                self._missing("width", "`window` needs its `width`", "`width: 3`, say")
            at_least("width", self.width or 0, 0)
        elif not unset(self.width):
            meaningless("width", f"a constant `{self.value}`", "no `width`")
        at_most("value" if unset(self.shape) else "shape", product(found), MOST_ELEMENTS, "elements")
        return (found,)

    def _told(self) -> Shape:
        """The shape of a number or a table."""
        table = isinstance(self.value, str)
        if unset(self.shape):
            if table:
                self._missing("shape", f"the constant `{self.value:s}` needs its `shape`", "`shape: [10, 16]`, say")
            return ()
        shape = tuple(self.shape or ())
        for size in shape:
            at_least("shape", size, 1)
        if not table:
            return shape
        name = f"{self.value:s}"
        axes = _TABLES[name][1]
        if len(shape) != axes:
            numbers = "one number" if axes == 1 else f"{axes} numbers"
            refuse_option("shape", f"the shape of `{name}` has {numbers}", found=spell(shape), expected=numbers)
        if name == "sinusoid" and shape[1] % 2 != 0:
            refuse_option(
                "shape", "`sinusoid` has as many sines as cosines", found=f"{shape[1]}", expected="an even width"
            )
        return (product(shape),) * 2 if name == "relative" else shape

    def _rows(self) -> tuple[Any, ...] | None:
        """The items of a list; None for a number or a table."""
        items = items_of(self.value)
        return tuple([items_of(row) for row in items]) if isinstance(items, tuple) else None

    def _listed(self, value: tuple[Any, ...]) -> Shape:
        """The shape of a list."""
        if not unset(self.shape):
            meaningless("shape", "a list of numbers", "no `shape`")
        lengths = {len(row) if isinstance(row, tuple) else -1 for row in value}
        if len(lengths) != 1 or 0 in lengths:
            refuse_option(
                "value",
                "a constant's rows need one length, and a number each at least",
                found=" and ".join(str(n) for n in sorted(lengths)) or "an empty list",
                expected="rows of one length",
            )
        (length,) = lengths
        found = (len(value),) if length < 0 else (len(value), length)
        at_most("value", product(found), MOST_WRITTEN, "written numbers", "a table has a name: `arange`, `sinusoid`")
        return found

    def _missing(self, option: str, message: str, expected: str) -> None:
        refuse(Code.MISSING_OPTION, message, option=option, found="none", expected=expected)

    def weights(self, inputs: Shapes) -> dict[str, Weight]:
        """The tensor itself where it is saved, which has no name below its path."""
        if not self.buffer:
            return {}
        dtype = self.result_types(())[0]
        return {"": Weight(self.infer(inputs)[0], buffer=True, fans=(), dtype=None if dtype == "float32" else dtype)}

    def result_types(self, given: Types) -> Types:
        """The type of a table, or integers where all numbers are whole."""
        first: Any = self.value
        while isinstance(first := items_of(first), tuple):
            first = first[0]
        if isinstance(first, str):
            return (_TABLES[f"{first:s}"][2],)
        return ("int64" if isinstance(first, int) else "float32",)

    def bounds(self, inputs: Shapes, given: tuple[Bounds, ...]) -> Bounds:
        """The number itself; those of truth values and of sines."""
        if isinstance(self.value, (int, float)):
            return float(self.value), float(self.value)
        return {"sinusoid": (-1.0, 1.0), "causal": (0.0, 1.0), "window": (0.0, 1.0)}.get(str(self.value), ANYTHING)

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """A view of the constant, the same for each example."""
        (shape,), (dtype,) = self.infer(()), self.result_types(())
        own = weights.get("") or tape.tensor(shape, None if dtype == "float32" else dtype, kind="buffer")
        return (own.seen((tape.batch, *own.shape), (0, *own.strides)),)

    def emit(self, inputs: Shapes) -> Constant:
        """The expression that makes it."""
        self.infer(inputs)
        rows = self._rows()
        if rows is not None:
            return Constant("torch.tensor", (_lists(rows),), saved=self.buffer)
        shape = () if unset(self.shape) else tuple(self.shape or ())
        if isinstance(self.value, str):
            width = () if unset(self.width) else (self.width,)
            return Constant(_TABLES[f"{self.value:s}"][0], (*shape, *width), saved=self.buffer)
        return Constant("torch.full", (shape, self.value), saved=self.buffer)

    def type_name(self, inputs: Shapes) -> str:
        """Its name; torch has no class for it."""
        return "Constant"


def _lists(value: Any) -> Any:
    """Tuples as lists."""
    return [_lists(each) for each in value] if isinstance(value, tuple) else value
