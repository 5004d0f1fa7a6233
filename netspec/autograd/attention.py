"""Torch's attention of queries to keys and values, ``scaled_dot_product_attention``, as operations on a tape."""

from __future__ import annotations

from netspec.autograd import operations
from netspec.autograd import strides as layout
from netspec.autograd.tape import Tape, factors
from netspec.autograd.tensor import TapeTensor
from netspec.shape import Shape, product


def attended(
    tape: Tape,
    query: TapeTensor,
    key: TapeTensor,
    value: TapeTensor,
    mask: TapeTensor | None = None,
    *,
    causal: bool = False,
    dropout: float = 0.0,
) -> TapeTensor:
    """The mix of values ``[N, H, L, D]``: by the fused kernel where it takes them, else by its parts, one by one.

    On the CPU the kernel takes heads of one width whose elements lie side by side, no dropout, and no mask that learns.
    A mask of truth values becomes one of numbers first.
    """
    query, key, value = (tape.lower(x) for x in (query, key, value))
    if mask is not None:
        mask = tape.lower(mask) if mask.is_float else tape.operation([mask], mask.shape, dtype=query.dtype)
    tensors = (query, key, value)
    alike = all(x.shape[-1] == query.shape[-1] and x.strides[-1] == 1 for x in tensors)
    learned = mask is not None and mask.needs_grad
    drops = dropout != 0 and tape.training
    if tape.device == "cuda" or (alike and not drops and not learned):
        sums = tape.tensor(query.shape[:3], "float32")
        shape = (*query.shape[:-1], value.shape[-1])
        strides = layout.pointwise(query.shape, [(query.shape, query.strides)]) if alike else None
        kept = tensors if mask is None else (*tensors, mask)
        return tape.operation(kept, shape, keeps=kept, keeps_output=True, extra=(sums,), strides=strides)
    return _by_parts(tape, query, key, value, mask, causal=causal, dropout=dropout)


def _by_parts(
    tape: Tape,
    query: TapeTensor,
    key: TapeTensor,
    value: TapeTensor,
    mask: TapeTensor | None,
    *,
    causal: bool,
    dropout: float,
) -> TapeTensor:
    """Products, the softmax between them, and dropout of its shares; 16 bits are widened to 32."""
    given, heads = query.dtype, query.shape[:2]
    query, key, value = (tape.cast(x, "float32") for x in (query, key, value))
    query = tape.pointwise(query)
    key, value = (_for_each_head(tape, x, heads) for x in (key, value))
    turned = tape.pointwise(tape.permute(key, (0, 1, 3, 2)))
    scores = _product(tape, query, turned, heads)
    if causal or mask is not None:
        scores = tape.pointwise(scores) if mask is None else tape.pointwise(scores, tape.cast(mask, "float32"))
    share = tape.operation([scores], scores.shape, keeps_output=True)
    share = operations.dropped(tape, share, dropout)
    return tape.cast(_product(tape, share, value, heads), given)


def _for_each_head(tape: Tape, x: TapeTensor, heads: Shape) -> TapeTensor:
    """Keys or values of a few heads, each copied for the queries' heads that share it."""
    return x if x.shape[:2] == heads else tape.operation([x], (*heads, *x.shape[2:]))


def _product(tape: Tape, one: TapeTensor, other: TapeTensor, heads: Shape) -> TapeTensor:
    """The product of matrices ``[N, H, n, k]`` and ``[N, H, k, m]``, not in autocast's type."""
    one, other = (tape.reshape(x, (product(x.shape[:2]), *x.shape[2:])) for x in (one, other))
    return tape.operation([one, other], (*heads, one.shape[1], other.shape[2]), keeps=factors(one, other))
