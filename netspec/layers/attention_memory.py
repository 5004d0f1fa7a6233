"""The operations of attention with its linear maps, and what they keep."""

from collections.abc import Sequence

from netspec.autograd import Tape, TapeTensor, Tensors, Weights, operations
from netspec.autograd.attention import attended
from netspec.layers.rotary import turned
from netspec.objects.immutable import immutable


@immutable
class Heads:
    """How attention is divided.

    Attributes:
        queries: The number of heads.
        shared: The number of those of keys and values.
        rotary: Whether queries and keys are turned by their places.
        interleaved: Whether neighbours are turned, and not halves.
    """

    queries: int
    shared: int
    causal: bool
    dropout: float
    rotary: bool = False
    interleaved: bool = False


def record_joined(tape: Tape, roles: Tensors, mask: Tensors, weights: Weights, heads: Heads) -> TapeTensor:
    """One map to queries, keys and values, as torch.nn.MultiheadAttention has it.

    torch turns the sequences to ``[L, N, E]`` first, which costs a copy of what each map takes.
    """
    query, key, value = roles
    width = query.shape[2]
    sequences = {id(x): tape.permute(x, (1, 0, 2)) for x in roles}

    def project(x: TapeTensor, parts: int) -> TapeTensor:
        weight, bias = weights["in_proj_weight"], weights.get("in_proj_bias")
        rows = tape.narrow(weight, 0, parts * width)
        y = operations.linear(tape, sequences[id(x)], rows, bias and tape.narrow(bias, 0, parts * width))
        return y if parts == 1 else tape.operation([y], (parts, *y.shape[:2], width))

    if key is not value:
        projected = [project(x, 1) for x in roles]
    elif query is not key:
        both = project(key, 2)
        projected = [project(query, 1), *(tape.select(both, 0) for _ in range(2))]
    else:
        every = project(query, 3)
        projected = [tape.select(every, 0) for _ in range(3)]
    q, k, v = (_split(tape, x, heads.queries) for x in projected)
    hidden = _hidden(tape, mask[0], (q, k)) if mask else None
    found = attended(tape, q, k, v, hidden, causal=heads.causal, dropout=heads.dropout)
    rows = tape.contiguous(tape.permute(found, (2, 0, 1, 3)))
    rows = tape.reshape(rows, (rows.numel // width, width))
    out = operations.linear(tape, rows, weights["out_proj.weight"], weights.get("out_proj.bias"))
    return tape.permute(tape.reshape(out, (query.shape[1], tape.batch, width)), (1, 0, 2))


def _split(tape: Tape, x: TapeTensor, heads: int) -> TapeTensor:
    """``[L, N, E]`` as ``[N, heads, L, E / heads]``."""
    length, batch, width = x.shape
    parts = tape.reshape(x, (length, batch, heads, width // heads))
    return tape.permute(parts, (1, 2, 0, 3))


def _hidden(tape: Tape, mask: TapeTensor, heads: Sequence[TapeTensor]) -> TapeTensor:
    """A mask ``[N, L, S]`` or ``[N, heads, L, S]`` as numbers for each head, ``[N, heads, L, S]``."""
    if not mask.is_float:
        mask = tape.pointwise(mask)
    if len(mask.shape) == 3:
        mask = tape.unsqueeze(mask, 1)
    shape = (mask.shape[0], *heads[0].shape[1:3], heads[1].shape[2])
    strides = [0 if own != whole else step for own, whole, step in zip(mask.shape, shape, mask.strides, strict=True)]
    rows = tape.reshape(mask.seen(shape, tuple(strides)), (shape[0] * shape[1], *shape[2:]))
    if not rows.is_float:
        rows = tape.pointwise(rows, dtype=heads[0].dtype)
    return tape.reshape(rows, shape)


def record_separate(tape: Tape, roles: Tensors, mask: Tensors, weights: Weights, heads: Heads) -> TapeTensor:
    """A linear map each, the fused kernel, and the map of its result."""

    def mapped(x: TapeTensor, name: str) -> TapeTensor:
        return operations.linear(tape, x, weights[f"{name}.weight"], weights.get(f"{name}.bias"))

    def split(x: TapeTensor, number: int) -> TapeTensor:
        parts = tape.reshape(x, (*x.shape[:2], number, x.shape[2] // number))
        return tape.permute(parts, (0, 2, 1, 3))

    numbers = (heads.queries, heads.shared, heads.shared)
    maps = [mapped(x, name) for x, name in zip(roles, ("q_proj", "k_proj", "v_proj"), strict=True)]
    q, k, v = (split(x, number) for x, number in zip(maps, numbers, strict=True))
    if heads.rotary:
        q, k = (turned(tape, x, interleaved=heads.interleaved) for x in (q, k))
    shown = [tape.unsqueeze(x, 1) if len(x.shape) == 3 else x for x in mask]
    found = attended(tape, q, k, v, *shown, causal=heads.causal, dropout=heads.dropout)
    mixed = tape.permute(found, (0, 2, 1, 3))
    return mapped(tape.reshape(mixed, maps[0].shape), "out_proj")
