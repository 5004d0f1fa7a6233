"""Torch's functions that several layers use, and the loss of a training step, as operations on a tape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netspec.autograd import strides as layout
from netspec.autograd.tape import Tape, factors, widest
from netspec.autograd.tensor import TapeTensor
from netspec.shape import Pairs, Shape


def convolution(
    tape: Tape, x: TapeTensor, weight: TapeTensor, shape: Shape, bias: TapeTensor | None = None
) -> TapeTensor:
    """A convolution, transposed or not, without padding of its own; `shape` is the result's.

    It keeps its input and its kernels even where one of them needs no gradient: one function computes all gradients.
    """
    x, weight = tape.lower(x), tape.lower(weight)
    inputs = [x, weight] if bias is None else [x, weight, tape.lower(bias)]
    return tape.operation(inputs, shape, keeps=(x, weight), strides=tape.image_strides(x, shape))


def linear(tape: Tape, x: TapeTensor, weight: TapeTensor, bias: TapeTensor | None = None) -> TapeTensor:
    """``x weight^T + bias`` over the last axis. Several leading axes are joined, which may take a copy."""
    x, weight = tape.lower(x), tape.lower(weight)
    rows = x if len(x.shape) == 2 else _joined(tape, x)
    inputs = [rows, weight] if bias is None else [rows, weight, tape.lower(bias)]
    shape = (*x.shape[:-1], weight.shape[0])
    return tape.operation(inputs, shape, keeps=factors(rows, weight))


def matrix_product(tape: Tape, one: TapeTensor, other: TapeTensor) -> TapeTensor:
    """Products of matrices ``[B, n, k]`` and ``[B, k, m]``."""
    one, other = tape.lower(one), tape.lower(other)
    return tape.operation([one, other], (*one.shape[:-1], other.shape[-1]), keeps=factors(one, other))


def _joined(tape: Tape, x: TapeTensor) -> TapeTensor:
    """The leading axes as one."""
    features = x.shape[-1]
    return tape.reshape(x, (x.numel // features, features))


def pad(tape: Tape, x: TapeTensor, padding: Pairs, mode: str = "constant") -> TapeTensor:
    """`x` with its last axes padded (before, after); mirrored and repeated edges keep the input."""
    axes = len(padding)
    if tape.device == "cpu" and (mode == "replicate" or (mode == "reflect" and axes < 3)):
        x = tape.float32(x)  # autocast computes these in float32
    grown = (n + before + after for n, (before, after) in zip(x.shape[-axes:], padding, strict=True))
    shape = (*x.shape[:-axes], *grown)
    if mode == "constant":
        strides = tape.image_strides(x, shape)
        if all(amount <= 0 for pair in padding for amount in pair):
            strides = layout.pointwise(shape, [(shape, x.strides)])
        return tape.operation([x], shape, strides=strides)
    if mode == "circular":
        return tape.operation([x], shape)
    return tape.operation([x], shape, keeps=(x,), strides=tape.image_strides(x, shape))


def windows(
    tape: Tape, x: TapeTensor, shape: Shape, *, keeps: Sequence[TapeTensor], extra: Sequence[TapeTensor] = ()
) -> TapeTensor:
    """The result of a pool or an interpolation over an image."""
    return tape.operation([x], shape, keeps=keeps, extra=extra, strides=tape.image_strides(x, shape))


def dropped(tape: Tape, x: TapeTensor, p: float) -> TapeTensor:
    """Dropout of elements: in training it keeps its factors, with one byte an element on CUDA."""
    if not tape.training or p == 0:
        return x
    shape = () if p == 1 else x.shape
    return tape.pointwise(x, extra=(tape.tensor(shape, "bool" if tape.device == "cuda" else x.dtype),))


def pool(tape: Tape, x: TapeTensor, shape: Shape, *, keeps: bool, indices: bool = False) -> TapeTensor:
    """A pool's result for an image, or a signal as an image of height 1; `indices` are the places of extremes."""
    if tape.device == "cpu" and len(x.shape) == 5:
        x = tape.float32(x)  # there autocast computes pools over volumes in float32
    image = tape.unsqueeze(x, 2) if len(x.shape) == 3 else x
    whole = (*shape[:2], 1, *shape[2:]) if len(x.shape) == 3 else shape
    extra = (tape.tensor(whole, "int64"),) if indices else ()
    strides = tape.image_strides(image, whole) if len(whole) == 4 else layout.contiguous(whole)
    y = tape.operation([image], whole, keeps=(image,) if keeps else (), extra=extra, strides=strides)
    return tape.select(y, 2) if len(x.shape) == 3 else y


def reduced(
    tape: Tape,
    x: TapeTensor,
    axes: Sequence[int],
    *,
    keepdim: bool,
    keeps_both: bool = False,
    dtype: str | None = None,
) -> TapeTensor:
    """A sum, a mean or an extreme over axes; `keeps_both` where backward compares the input with the result."""
    shape = tuple(1 if axis in axes else n for axis, n in enumerate(x.shape) if keepdim or axis not in axes)
    return tape.operation([x], shape, keeps=(x,) if keeps_both else (), keeps_output=keeps_both, dtype=dtype)


def normalised(
    tape: Tape,
    x: TapeTensor,
    weights: Mapping[str, TapeTensor],
    statistics: int,
    *,
    strides: layout.Strides | None = None,
) -> TapeTensor:
    """A norm, which keeps its input, and a mean and a deviation for each of `statistics` groups of numbers."""
    # On the CPU statistics have the weights' type, and without weights the input's.
    dtype = "float32" if tape.device == "cuda" else next((weight.dtype for weight in weights.values()), x.dtype)
    extra = tuple(tape.tensor((statistics,), dtype) for _ in range(2 if statistics else 0))
    keeps = (x, *(weight for name, weight in weights.items() if name != "bias"))
    return tape.operation([x, *weights.values()], x.shape, keeps=keeps, extra=extra, strides=strides)


def joined(tape: Tape, tensors: Sequence[TapeTensor], shape: Shape) -> TapeTensor:
    """Tensors one after the other; channels last where all have them there."""
    last = all(each.is_channels_last for each in tensors)
    strides = layout.channels_last(shape) if last else layout.contiguous(shape)
    return tape.operation(tensors, shape, strides=strides, dtype=widest(tensors))


def cross_entropy(tape: Tape, scores: TapeTensor) -> TapeTensor:
    """Cross-entropy of scores ``[N, C, *]``; it keeps the softmax's logarithms and the sum of the classes' weights."""
    x = tape.float32(scores)
    logarithms = tape.operation([x], x.shape, keeps_output=True)
    total = tape.tensor((), logarithms.dtype)
    return tape.operation([logarithms], (), keeps=(logarithms,), extra=(total,))
