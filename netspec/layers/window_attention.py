"""Attention within windows of a map."""

from typing import Any, ClassVar

from pydantic import Field

from netspec.autograd import Tape, TapeTensor, Tensors, Weights, operations
from netspec.layers.base import Example, Layer, Shapes, Weight, refuse_option, tensors
from netspec.layers.checks import divides, sizes
from netspec.layers.products import Product, mapped
from netspec.layers.ranks import Ranks
from netspec.layers.reach import LONGEST_PERIOD, Along, Reach
from netspec.program import Call
from netspec.shape import Shape, Size, product, spell


class WindowAttention(Layer):
    """Attention of the places of each window to one another, with a learned bias for each head and offset.

    Input and output ``[H, W, E]``, the features last. Windows tile the map from its corner, filled with zeros at its
    end; with `shift` they stand so many places further down and to the right, and those at the edges are cut into the
    parts that are neighbours, by -100 added to the scores of others. On an axis with a single window there is no shift
    (Liu et al., "Swin transformer", 2021; as torchvision's ShiftedWindowAttention). With P places of whole windows of
    w places, ``4 P E^2 + 2 P w E`` multiply-accumulates.
    """

    op: ClassVar = "window_attention"
    main: ClassVar = "num_heads"
    ranks: ClassVar = Ranks(3, 3, "takes a map with its features last", "[height, width, features]", features_last=True)
    weight_layer: ClassVar = True
    examples: ClassVar = (
        Example({"num_heads": 2, "window": 2}, ((4, 4, 8),)),
        Example({"num_heads": 1, "window": 3, "shift": 1}, ((6, 7, 4),)),
        Example({"num_heads": 2, "window": (2, 3), "shift": (1, 0)}, ((5, 3, 4),)),
    )
    samples: ClassVar = {"num_heads": (1, 2), "window": (1, 2, 3, (2, 3)), "shift": (0, 1, (1, 0), (0, 2))}

    num_heads: int
    window: Size = Field(description="Height and width of a window.")
    shift: Size = Field(0, description="Places by which the windows are moved down and to the right.")

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses heads that do not divide the features, and shifts of a window or more."""
        (shape,) = self.ranked(inputs)
        divides("num_heads", self.num_heads, shape[2], "features")
        for size, shift in zip(self._window, sizes("shift", self.shift, 2, 0), strict=True):
            if shift >= size:
                refuse_option(
                    "shift",
                    f"windows of {spell(self._window)} are moved by less than their size",
                    found=f"{shift}",
                    expected=f"at most {size - 1}",
                )
        return inputs

    @property
    def _window(self) -> tuple[int, ...]:
        return sizes("window", self.window, 2, 1)

    def _filled(self, shape: Shape) -> tuple[int, ...]:
        """Height and width of whole windows."""
        return tuple([-(-n // size) * size for n, size in zip(shape[:2], self._window, strict=True)])

    def _shifts(self, shape: Shape) -> tuple[int, ...]:
        """The shift along each axis, 0 where there is but one window."""
        filled, shifts = self._filled(shape), sizes("shift", self.shift, 2, 0)
        return tuple([by if n > size else 0 for n, size, by in zip(filled, self._window, shifts, strict=True)])

    def weights(self, inputs: Shapes) -> dict[str, Weight]:
        """``relative_position_bias_table``, a row for each offset, its index, and the maps ``qkv`` and ``proj``."""
        width, (rows, columns) = inputs[0][2], self._window
        index = Weight(((rows * columns) ** 2,), buffer=True, fans=(), dtype="int64")
        table = {"relative_position_bias_table": ((2 * rows - 1) * (2 * columns - 1), self.num_heads)}
        maps = {"qkv.weight": (3 * width, width), "qkv.bias": (3 * width,)}
        maps |= {"proj.weight": (width, width), "proj.bias": (width,)}
        return {**tensors(**table), "relative_position_index": index, **tensors(**maps)}

    def macs(self, inputs: Shapes, outputs: Shapes) -> int:
        """The two maps and the two products."""
        places, width = product(self._filled(inputs[0])), inputs[0][2]
        return 4 * places * width * width + 2 * places * product(self._window) * width

    def products(self, inputs: Shapes, outputs: Shapes) -> tuple[Product, ...]:
        """The map to queries, keys and values, their two products, and the map of the result."""
        places, width = product(self._filled(inputs[0])), inputs[0][2]
        made = ("qkv.weight", "qkv.bias", 0)
        scores = (*made, "relative_position_bias_table")
        each = places * product(self._window) * width
        return (
            mapped(3 * places * width * width, "qkv.weight", 0),
            Product(each, (made, made)),
            Product(each, (scores, made)),
            mapped(places * width * width, "proj.weight", *scores),
        )

    def receptive_field(self, inputs: Shapes) -> Reach | None:
        """The window of each place; unknown of windows that are too large to be told one by one."""
        if max(self._window) > LONGEST_PERIOD:
            return None
        along = []
        for axis, (size, by) in enumerate(zip(self._window, self._shifts(inputs[0]), strict=True)):
            first = [by - size if place < by else by for place in range(size)]
            along.append(Along(axis, size, tuple([(start, start + size - 1) for start in first])))
        return Reach((*along, None))

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """Linear maps and products by windows; the softmax keeps its output, the table's look-up its index."""
        batch, height, width, features = inputs[0].shape
        (rows, columns), filled, shifts = (
            self._window,
            self._filled(inputs[0].shape[1:]),
            self._shifts(inputs[0].shape[1:]),
        )
        grid = (batch, filled[0] // rows, filled[1] // columns)
        x = operations.pad(tape, inputs[0], ((0, filled[0] - height), (0, filled[1] - width), (0, 0)))
        x = _rolled(tape, x, shifts)
        x = tape.permute(tape.reshape(x, (*grid[:2], rows, grid[2], columns, features)), (0, 1, 3, 2, 4, 5))
        x = tape.reshape(x, (product(grid), rows * columns, features))
        with tape.function():
            tape.hold(x)  # until its name is another's
            mixed = self._mixed(tape, x, weights, filled if any(shifts) else None)
            x = tape.reshape(tape.permute(mixed, (0, 2, 1, 3)), x.shape)
        x = operations.linear(tape, x, weights["proj.weight"], weights["proj.bias"])
        x = tape.permute(tape.reshape(x, (*grid, rows, columns, features)), (0, 1, 3, 2, 4, 5))
        x = _rolled(tape, tape.reshape(x, (batch, *filled, features)), shifts)
        return (tape.contiguous(tape.narrow(tape.narrow(x, 1, height), 2, width)),)

    def _mixed(self, tape: Tape, x: TapeTensor, weights: Weights, shifted: Shape | None) -> TapeTensor:
        """The mix of values by heads, ``[windows, heads, places, E / heads]``; `shifted` is a shifted map's size."""
        places = x.shape[1]
        joined = tape.hold(operations.linear(tape, x, weights["qkv.weight"], weights["qkv.bias"]))
        parts = tape.reshape(joined, (*x.shape[:2], 3, self.num_heads, x.shape[2] // self.num_heads))
        q, k, v = (tape.select(tape.permute(parts, (2, 0, 3, 1, 4)), 0) for _ in range(3))
        scores = _product(tape, tape.pointwise(q), tape.permute(k, (0, 1, 3, 2)))
        table, index = weights["relative_position_bias_table"], weights["relative_position_index"]
        bias = tape.operation([table], (*index.shape, self.num_heads), keeps=(index,))
        bias = tape.permute(tape.reshape(bias, (places, places, self.num_heads)), (2, 0, 1))
        scores = tape.pointwise(scores, tape.hold(tape.contiguous(bias)))
        if shifted is not None:
            apart = tape.hold(_apart(tape, shifted, self._window, x.dtype))
            windows = tape.reshape(scores, (x.shape[0] // apart.shape[0], apart.shape[0], *scores.shape[1:]))
            scores = tape.reshape(tape.pointwise(windows, apart), scores.shape)
        scores = tape.full(tape.hold(scores))
        return _product(tape, tape.operation([scores], scores.shape, keeps_output=True), v)

    def emit(self, inputs: Shapes) -> Call:
        """A module of netspec's own."""
        given: dict[str, Any] = {"window": self._window, "shift": tuple(sizes("shift", self.shift, 2, 0))}
        return Call("netspec.nn.WindowAttention", (inputs[0][2], self.num_heads), given, {"shift": (0, 0)})


def _apart(tape: Tape, size: Shape, window: Shape, dtype: str) -> TapeTensor:
    """The mask of places that a shift has joined, ``[windows, 1, places, places]``, and what its function makes."""
    with tape.function():
        parts = []
        for n in size:
            place = tape.operation([], (n,), dtype="int64")
            late = tape.pointwise(tape.pointwise(place, dtype="bool"), dtype="int64")
            parts.append(tape.hold(tape.pointwise(late, tape.pointwise(place, dtype="bool"))))
        tape.hold(place)
        down = tape.unsqueeze(tape.pointwise(parts[0]), 1)
        (rows, columns), regions = window, tape.pointwise(down, parts[1])
        regions = tape.reshape(regions, (size[0] // rows, rows, size[1] // columns, columns))
        regions = tape.reshape(tape.permute(regions, (0, 2, 1, 3)), (product(size) // product(window), product(window)))
        shape = (*tape.hold(regions).shape, regions.shape[1])
        same = tape.hold(tape.operation([regions], shape, dtype="bool"))
        zeros = tape.operation([], shape, dtype=dtype)
        mask = tape.operation([zeros, tape.pointwise(same)], shape)
    return tape.unsqueeze(mask, 1)


def _rolled(tape: Tape, x: TapeTensor, shifts: tuple[int, ...]) -> TapeTensor:
    """A copy for each axis, where an axis is shifted."""
    for _ in shifts if any(shifts) else ():
        x = tape.operation([x], x.shape)
    return x


def _product(tape: Tape, one: TapeTensor, other: TapeTensor) -> TapeTensor:
    """Products of ``[B, heads, n, k]`` and ``[B, heads, k, m]``, whose matrices torch lists first."""
    with tape.function():
        one, other = (tape.hold(tape.lower(tape.hold(each))) for each in (one, other))
        listed = [tape.reshape(each, (product(each.shape[:2]), *each.shape[2:])) for each in (one, other)]
        return tape.reshape(operations.matrix_product(tape, *listed), (*one.shape[:3], other.shape[3]))
