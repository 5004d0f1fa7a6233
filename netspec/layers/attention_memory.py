"""The operations of attention with its linear maps, and what they keep."""

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
    hidden = _hidden(tape, mask, roles, heads)
    if _is_one_operation(tape, roles, mask, weights, heads):
        return _record_at_once(tape, query, hidden, weights, heads)
    sequences = {id(x): tape.permute(x, (1, 0, 2)) for x in roles}

    def project(x: TapeTensor, parts: int) -> TapeTensor:
        weight, bias = weights["in_proj_weight"], weights.get("in_proj_bias")
        rows = tape.narrow(weight, 0, parts * width)
        y = operations.linear(tape, sequences[id(x)], rows, bias and tape.narrow(bias, 0, parts * width))
        return y if parts == 1 else tape.contiguous(y.seen((parts, *y.shape[:2], width), (width, *y.strides)))

    if key is not value:
        projected = [project(x, 1) for x in roles]
    elif query is not key:
        alone, both = project(query, 1), project(key, 2)
        projected = [alone, *(tape.select(both, 0) for _ in range(2))]
    else:
        every = project(query, 3)
        projected = [tape.select(every, 0) for _ in range(3)]
    q, k, v = (_split(tape, x, heads.queries) for x in projected)
    shown = None if hidden is None or heads.causal else tape.reshape(hidden, (*q.shape[:3], k.shape[2]))
    found = attended(tape, q, k, v, shown, causal=heads.causal, dropout=heads.dropout)
    rows = tape.contiguous(tape.permute(found, (2, 0, 1, 3)))
    rows = tape.reshape(rows, (rows.numel // width, width))
    out = operations.linear(tape, rows, weights["out_proj.weight"], weights.get("out_proj.bias"))
    return tape.permute(tape.reshape(out, (query.shape[1], tape.batch, width)), (1, 0, 2))


def _split(tape: Tape, x: TapeTensor, heads: int) -> TapeTensor:
    """``[L, N, E]`` as ``[N, heads, L, E / heads]``."""
    length, batch, width = x.shape
    parts = tape.reshape(x, (length, batch, heads, width // heads))
    return tape.permute(parts, (1, 2, 0, 3))


def _hidden(tape: Tape, mask: Tensors, roles: Tensors, heads: Heads) -> TapeTensor | None:
    """A mask as the numbers that torch.nn.MultiheadAttention makes of it, ``[N heads, L, S]``, of `causal` ``[L, S]``.

    Both the module and its caller hold theirs until they are done, even where the kernel takes none.
    """
    lengths, dtype = (roles[0].shape[1], roles[1].shape[1]), roles[0].dtype
    if heads.causal:
        seen = tape.operation([], lengths, dtype="bool")
        rows = tape.hold(tape.pointwise(seen))
    elif mask:
        (given,) = mask
        given = given if given.is_float else tape.pointwise(given)
        given = tape.unsqueeze(given, 1) if len(given.shape) == 3 else given
        shape = (given.shape[0], heads.queries, *lengths)
        pairs = zip(given.shape, shape, given.strides, strict=True)
        strides = tuple(0 if own != whole else step for own, whole, step in pairs)
        rows = tape.hold(tape.reshape(given.seen(shape, strides), (shape[0] * shape[1], *lengths)))
    else:
        return None
    return rows if rows.is_float else tape.hold(tape.pointwise(rows, dtype=dtype))


def _is_one_operation(tape: Tape, roles: Tensors, mask: Tensors, weights: Weights, heads: Heads) -> bool:
    """Whether torch.nn.MultiheadAttention takes its short way, which it does without gradients, as in inference.

    It does for attention to oneself with biases and an even number of heads, unless a mask is of numbers.
    """
    query, key, value = roles
    alike = query is key and key is value and "in_proj_bias" in weights and heads.queries % 2 == 0
    numbers = any(each.is_float for each in mask)
    casts = tape.precision.autocast is not None and tape.device == "cuda"
    return alike and not (tape.training or numbers or casts) and query.dtype == weights["in_proj_bias"].dtype


def _record_at_once(tape: Tape, x: TapeTensor, hidden: TapeTensor | None, weights: Weights, heads: Heads) -> TapeTensor:
    """``torch._native_multi_head_attention``: one operation, but its parts make their storages one by one.

    On the CPU, and with a mask, it makes the scores ``[N, heads, L, L]`` of all places, and writes the mix of values
    over the queries. The fused kernel of a GPU takes the parts of one linear map as they lie.
    """
    batch, length, width = x.shape
    names = ("out_proj.bias", "out_proj.weight", "in_proj_bias", "in_proj_weight")
    to_out, out, to_in, maps = (tape.lower(weights[name]) for name in names)
    shape = batch, heads.queries, length, width // heads.queries
    if tape.device == "cuda" and hidden is None:
        every = tape.hold(operations.linear(tape, x, maps, to_in))
        parts = tape.reshape(tape.narrow(every, 2, width), (batch, length, heads.queries, shape[3]))
        q = tape.permute(parts, (0, 2, 1, 3))
        mixed = tape.permute(attended(tape, q, q, q), (0, 2, 1, 3))
        return operations.linear(tape, tape.reshape(mixed, x.shape), out, to_out)
    if tape.precision.autocast is None:
        every = tape.operation([x, maps], (batch, length, 3 * width))
    else:  # each role is cast for itself, and mapped for itself
        cast = [tape.hold(tape.lower(x)) for _ in range(3)]
        every = tape.operation([tape.operation([each, maps], x.shape) for each in cast], (batch, length, 3 * width))
        if hidden is not None:
            hidden = tape.hold(tape.operation([hidden], (*shape[:3], length), dtype=every.dtype))
    split = tape.hold(tape.operation([every, to_in], (3, *shape)))
    scores = tape.operation([split], (*shape[:3], length))
    if hidden is not None:
        truths = tape.operation([hidden], scores.shape, dtype="bool")
        scores = tape.operation([scores, truths], scores.shape)
    tape.operation([scores, split], split.shape, into=split)
    mixed = tape.permute(tape.select(split, 0), (0, 2, 1, 3))
    return tape.operation([tape.contiguous(mixed), out, to_out], x.shape)


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
    for each in (q, k, v):
        tape.hold(each)
    shown = [tape.unsqueeze(x, 1) if len(x.shape) == 3 else x for x in mask]
    found = tape.hold(attended(tape, q, k, v, *shown, causal=heads.causal, dropout=heads.dropout))
    mixed = tape.permute(found, (0, 2, 1, 3))
    return mapped(tape.reshape(mixed, maps[0].shape), "out_proj")
