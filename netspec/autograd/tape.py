"""The tape: the operations of a pass in order, the storages that each makes, and those kept for backward.

A layer's `record` rule writes the operations of its torch module on it. An operation whose inputs need no gradient
keeps nothing, and its result needs none either.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import field
from typing import Literal

from netspec.autograd import strides as layout
from netspec.autograd.strides import Strides
from netspec.autograd.tensor import DTYPE_BYTES, FLOAT32, Precision, Storage, TapeTensor, widest_type
from netspec.objects.immutable import immutable, mutable
from netspec.shape import Shape, product


@immutable
class Operation:
    """One step of a pass.

    Attributes:
        inputs: Its inputs, parameters included.
        output: Its result: a new tensor, or one that it overwrites.
        kept: Storages that its backward step reads.
        scratch: Bytes in use only while it runs.
    """

    inputs: tuple[TapeTensor, ...]
    output: TapeTensor
    kept: tuple[Storage, ...] = ()
    scratch: int = 0


@mutable
class Tape:
    """Records one forward pass.

    Attributes:
        batch: Number of examples.
        training: Whether modules are in training mode; gradients may still not be wanted.
        precision: Element types.
        device: The device, since kernels differ in what they keep.
        frozen: Whether the layer that records now is frozen: batch norm then uses its statistics.
        operations: The recorded operations.
        locals: Storages that a layer's local variables hold, with the last operation during that time.
    """

    batch: int = 1
    training: bool = True
    precision: Precision = FLOAT32
    device: Literal["cpu", "cuda"] = "cpu"
    frozen: bool = False
    operations: list[Operation] = field(default_factory=list)
    locals: dict[Storage, int] = field(default_factory=dict)
    _held: list[Storage] = field(default_factory=list)
    _casts: dict[Storage, TapeTensor] = field(default_factory=dict)

    # -- tensors -------------------------------------------------------------------------------

    def tensor(
        self,
        shape: Shape,
        dtype: str | None = None,
        strides: Strides | None = None,
        *,
        kind: Literal["value", "input", "parameter", "buffer"] = "value",
        needs_grad: bool = False,
    ) -> TapeTensor:
        """A tensor with a storage of its own; by default contiguous and of the weights' type."""
        dtype = dtype or self.precision.weights
        storage = Storage(product(shape) * DTYPE_BYTES[dtype], kind)
        return TapeTensor(storage, shape, strides or layout.contiguous(shape), dtype, needs_grad)

    def operation(
        self,
        inputs: Sequence[TapeTensor],
        shape: Shape,
        *,
        keeps: Sequence[TapeTensor] = (),
        keeps_output: bool = False,
        extra: Sequence[TapeTensor] = (),
        strides: Strides | None = None,
        dtype: str | None = None,
        scratch: int = 0,
        into: TapeTensor | None = None,
    ) -> TapeTensor:
        """Record an operation and give its result.

        Args:
            inputs: The input tensors.
            shape: The result's shape.
            keeps: Tensors whose storages backward reads.
            keeps_output: Whether it reads the result, too.
            extra: Tensors that the operation makes besides (masks, indices, statistics) and backward reads.
            strides: The result's strides; contiguous by default.
            dtype: The result's element type; by default the first input's.
            scratch: Bytes in use only while it runs.
            into: The tensor that it overwrites, where it works in place.
        """
        needed = any(each.needs_grad for each in inputs)
        output = into or self.tensor(shape, dtype or inputs[0].dtype, strides)
        output = TapeTensor(output.storage, shape, output.strides, output.dtype, needed and output.is_float)
        kept = [each.storage for each in (*keeps, *extra)] + [output.storage] * keeps_output
        if not output.needs_grad:
            scratch += sum(each.storage.bytes for each in extra)
            kept = []
        self.operations.append(Operation(tuple(inputs), output, tuple(kept), scratch))
        return output

    def pointwise(
        self,
        *inputs: TapeTensor,
        keeps: Sequence[TapeTensor] = (),
        keeps_output: bool = False,
        extra: Sequence[TapeTensor] = (),
        dtype: str | None = None,
    ) -> TapeTensor:
        """An operation element by element; axes of size 1 are stretched, the widest type wins."""
        rank = max(len(each.shape) for each in inputs)
        padded = [(*(1,) * (rank - len(each.shape)), *each.shape) for each in inputs]
        shape = tuple(max(sizes) for sizes in zip(*padded, strict=True))
        strides = layout.pointwise(shape, [(each.shape, each.strides) for each in inputs])
        dtype = dtype or widest(inputs)
        return self.operation(
            inputs, shape, keeps=keeps, keeps_output=keeps_output, extra=extra, strides=strides, dtype=dtype
        )

    def product(self, one: TapeTensor, other: TapeTensor) -> TapeTensor:
        """The product of two tensors: each is kept for the other's gradient."""
        return self.pointwise(one, other, keeps=factors(one, other))

    def hold(self, x: TapeTensor) -> TapeTensor:
        """Let a local variable of the recording layer hold `x` until the layer is done."""
        self._held.append(x.storage)
        return x

    def let_go(self) -> None:
        """End the layer and its local variables."""
        self.locals.update(dict.fromkeys(self._held, len(self.operations) - 1))
        self._held.clear()

    @contextmanager
    def function(self) -> Iterator[None]:
        """What is held within are local variables of a function that the recording layer calls."""
        outer, self._held = self._held, []
        yield
        self.let_go()
        self._held = outer

    # -- views and copies ----------------------------------------------------------------------

    def contiguous(self, x: TapeTensor) -> TapeTensor:
        """`x`, or a copy in order where it is not."""
        return x if x.is_contiguous else self.operation([x], x.shape)

    def reshape(self, x: TapeTensor, shape: Shape) -> TapeTensor:
        """The elements in another shape: a view where there can be one, a copy where not."""
        strides = layout.viewed(x.shape, x.strides, shape)
        if strides is not None:
            return x.seen(shape, strides)
        return self.operation([x], shape)

    def permute(self, x: TapeTensor, axes: Sequence[int]) -> TapeTensor:
        """A view with its axes in another order."""
        return x.seen(tuple(x.shape[a] for a in axes), tuple(x.strides[a] for a in axes))

    def narrow(self, x: TapeTensor, axis: int, size: int) -> TapeTensor:
        """A view of a part along an axis."""
        return x.seen((*x.shape[:axis], size, *x.shape[axis + 1 :]), x.strides)

    def select(self, x: TapeTensor, axis: int) -> TapeTensor:
        """A view of one place of an axis, without that axis."""
        return x.seen((*x.shape[:axis], *x.shape[axis + 1 :]), (*x.strides[:axis], *x.strides[axis + 1 :]))

    def unfold(self, x: TapeTensor, axis: int, size: int, step: int, dilation: int = 1) -> TapeTensor:
        """A view of the windows along an axis, each as a last axis of its own; `size` counts a window's elements."""
        count = (x.shape[axis] - dilation * (size - 1) - 1) // step + 1
        shape = (*x.shape[:axis], count, *x.shape[axis + 1 :], size)
        stride = x.strides[axis]
        return x.seen(shape, (*x.strides[:axis], stride * step, *x.strides[axis + 1 :], stride * dilation))

    def unsqueeze(self, x: TapeTensor, axis: int) -> TapeTensor:
        """A view with one more axis, of size 1."""
        step = x.shape[axis] * x.strides[axis] if axis < len(x.shape) else 1
        return x.seen((*x.shape[:axis], 1, *x.shape[axis:]), (*x.strides[:axis], step, *x.strides[axis:]))

    def image_strides(self, x: TapeTensor, shape: Shape) -> Strides:
        """Strides of a convolution's or a pool's result from `x`: channels last where `x` has them there."""
        return layout.channels_last(shape) if x.is_channels_last else layout.contiguous(shape)

    # -- element types -------------------------------------------------------------------------

    @property
    def casts(self) -> tuple[TapeTensor, ...]:
        """The casts of parameters, which autocast remembers until the forward pass is done."""
        return tuple(self._casts.values())

    def lower(self, x: TapeTensor) -> TapeTensor:
        """`x` in autocast's type, for its matrix products and convolutions; a parameter is cast once a pass.

        Of what is frozen, torch remembers no casts.
        """
        if self.precision.autocast is None or x.dtype != "float32":
            return x
        if self.frozen or x.storage.kind != "parameter" or x.numel * DTYPE_BYTES[x.dtype] != x.storage.bytes:
            return self.cast(x, self.precision.autocast)
        if x.storage not in self._casts:
            self._casts[x.storage] = self.cast(x, self.precision.autocast)
        return self._casts[x.storage]

    def full(self, x: TapeTensor) -> TapeTensor:
        """`x` in the type for norms and softmax: autocast's float32 on CUDA, unchanged on the CPU."""
        return self.float32(x) if self.device == "cuda" else x

    def float32(self, x: TapeTensor) -> TapeTensor:
        """`x` in float32, where autocast asks for it."""
        return x if self.precision.autocast is None else self.cast(x, "float32")

    def cast(self, x: TapeTensor, dtype: str) -> TapeTensor:
        """`x` in another type; a copy, unless it has that type already or holds integers."""
        if x.dtype == dtype or not x.is_float:
            return x
        return self.operation([x], x.shape, strides=layout.pointwise(x.shape, [(x.shape, x.strides)]), dtype=dtype)


def widest(tensors: Sequence[TapeTensor]) -> str:
    """The element type of the result of several tensors."""
    return widest_type(each.dtype for each in tensors)


def factors(one: TapeTensor, other: TapeTensor) -> tuple[TapeTensor, ...]:
    """The factors of a product that are kept: each, if the other needs a gradient."""
    return (*((one,) if other.needs_grad else ()), *((other,) if one.needs_grad else ()))
