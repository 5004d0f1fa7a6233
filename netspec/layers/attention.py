"""Attention."""

from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from netspec.autograd import Tape, TapeTensor, Tensors, Weights, operations
from netspec.autograd.attention import attended
from netspec.diagnostics import Code
from netspec.layers.attention_product import check_mask
from netspec.layers.base import Example, Layer, Shapes, Weight, refuse, tensors
from netspec.layers.checks import at_least, divides, probability, unset
from netspec.layers.ranks import SEQUENCE
from netspec.layers.reach import everything
from netspec.program import Call
from netspec.shape import Shape, spell


class Attention(Layer):
    """``softmax(Q K^T / sqrt(E / heads)) V`` in `num_heads` heads, between four linear maps.

    As torch.nn.MultiheadAttention. Input ``[L, E]``, which attends to itself, or a query ``[L, E]`` with a key and a
    value ``[S, E]``, which may be one input; output ``[L, E]``.
    ``2 L E^2 + 2 S E^2`` multiply-accumulates for the maps and ``2 L S E`` for the two products (Vaswani et al.,
    "Attention is all you need", 2017). With `causal`, a position sees none after it. A fourth input is a mask
    ``[L, S]``, whose sizes may be 1: truth values, true where a query sees a key, or numbers that are added to the
    scores; `from: [x, x, x, mask]`.

    With `separate`, the three maps to queries, keys and values are layers of their own, ``q_proj``, ``k_proj`` and
    ``v_proj``, as they are with `kv_heads`, fewer heads of keys and values, each for several of the queries' (Ainslie
    et al., "GQA", 2023), and with `head_dim`, a head's width other than ``E / heads``.
    """

    op: ClassVar = "attention"
    main: ClassVar = "num_heads"
    arity: ClassVar = (1, 4)
    dtype: ClassVar = ("float", "float", "float", "mask")
    ranks: ClassVar = SEQUENCE
    weight_layer: ClassVar = True
    examples: ClassVar = (
        Example({"num_heads": 2}, ((5, 8),)),
        Example({"num_heads": 4, "causal": True, "bias": False}, ((3, 8),)),
        Example({"num_heads": 2, "dropout": 0.1}, ((5, 8), (3, 8), (3, 8))),
        Example({"num_heads": 1}, ((5, 8), (3, 8))),
        Example({"num_heads": 2}, ((5, 8), (5, 8), (5, 8), (1, 5))),
        Example({"num_heads": 4, "kv_heads": 2, "bias": False, "causal": True}, ((5, 8),)),
        Example({"num_heads": 2, "head_dim": 3, "dropout": 0.1}, ((5, 8), (3, 8))),
        Example({"num_heads": 2, "separate": True}, ((5, 8), (3, 8), (3, 8), (5, 3))),
    )
    samples: ClassVar = {"num_heads": (1, 2), "kv_heads": (1, 2), "head_dim": (2, 3)}
    receptive_field = everything

    num_heads: int
    dropout: float = 0.0
    bias: bool = True
    causal: bool = False
    kv_heads: int | None = Field(None, description="Heads of keys and values; as many as of queries unless told.")
    head_dim: int | None = Field(
        None, description="Features of a head; the input's shared among the heads unless told."
    )
    separate: bool = Field(False, description="Whether queries, keys and values have a linear layer each.")

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses inputs that are no sequences of one width, and heads that do not divide it."""
        query, key, value = self._roles(self.ranked(inputs))
        scores = query[0], key[0]
        if key != value or key[1] != query[1]:
            refuse(
                Code.UNEQUAL_SHAPES,
                "key and value must have one shape, and the query's features",
                found=" and ".join(spell(s) for s in inputs),
                expected=f"[length, {query[1]}] for key and value",
            )
        if unset(self.head_dim):
            divides("num_heads", self.num_heads, query[1], "features")
        else:
            at_least("num_heads", self.num_heads, 1)
            at_least("head_dim", self.head_dim or 0, 1)
        if not unset(self.kv_heads):
            divides("kv_heads", self.kv_heads or 0, self.num_heads, "heads")
        if len(inputs) == 4:
            check_mask(inputs[3], scores, "queries, keys", causal=self.causal)
        probability("dropout", self.dropout)
        return (query,)

    def _roles(self, inputs: Shapes) -> Shapes:
        """Shapes of query, key and value."""
        return inputs[0], inputs[1] if len(inputs) > 1 else inputs[0], inputs[:3][-1]

    @property
    def _separate(self) -> bool:
        return bool(self.separate) or not unset(self.kv_heads) or not unset(self.head_dim)

    def _widths(self, inputs: Shapes) -> tuple[int, int]:
        """Features of all heads of the queries, and of all those of the keys."""
        width = inputs[0][1] // self.num_heads if unset(self.head_dim) else self.head_dim or 0
        heads = self.num_heads if unset(self.kv_heads) else self.kv_heads or 0
        return self.num_heads * width, heads * width

    def weights(self, inputs: Shapes) -> dict[str, Weight]:
        """``in_proj_weight [3E, E]``, ``in_proj_bias``, ``out_proj.weight [E, E]`` and ``out_proj.bias``.

        Or three layers for the first two, ``q_proj``, ``k_proj`` and ``v_proj``.
        """
        width = inputs[0][1]
        if self._separate:
            queries, keys = self._widths(inputs)
            maps = {"q_proj": (queries, width), "k_proj": (keys, width), "v_proj": (keys, width)}
            apart: dict[str, Shape] = {}
            for name, shape in {**maps, "out_proj": (width, queries)}.items():
                apart |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
            return tensors(**{name: shape for name, shape in apart.items() if self.bias or "bias" not in name})
        found = {
            "in_proj_weight": (3 * width, width),
            "in_proj_bias": (3 * width,),
            "out_proj.weight": (width, width),
            "out_proj.bias": (width,),
        }
        return tensors(**{name: shape for name, shape in found.items() if self.bias or "bias" not in name})

    def macs(self, inputs: Shapes, outputs: Shapes) -> int:
        """The four maps and the two products."""
        (length, width), (keys, _), _ = self._roles(inputs)
        heads, shared = self._widths(inputs) if self._separate else (width, width)
        return 2 * length * width * heads + 2 * keys * width * shared + 2 * length * keys * heads

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """Linear maps to queries, keys and values, which attention keeps, and one from its output.

        torch turns the sequences to ``[L, N, E]`` first, which costs a copy of what each map takes.
        """
        query, key, value = (inputs[0], inputs[1] if len(inputs) > 1 else inputs[0], inputs[:3][-1])
        width = query.shape[2]
        if self._separate:
            return (self._record_separate(tape, query, key, value, inputs[3:], weights),)
        turned = {id(x): tape.permute(x, (1, 0, 2)) for x in (query, key, value)}

        def project(x: TapeTensor, parts: int) -> TapeTensor:
            weight, bias = weights["in_proj_weight"], weights.get("in_proj_bias")
            rows = tape.narrow(weight, 0, parts * width)
            y = operations.linear(tape, turned[id(x)], rows, bias and tape.narrow(bias, 0, parts * width))
            return y if parts == 1 else tape.operation([y], (parts, *y.shape[:2], width))

        if key is not value:
            projected = [project(x, 1) for x in (query, key, value)]
        elif query is not key:
            both = project(key, 2)
            projected = [project(query, 1), *(tape.select(both, 0) for _ in range(2))]
        else:
            every = project(query, 3)
            projected = [tape.select(every, 0) for _ in range(3)]
        q, k, v = (self._heads(tape, x) for x in projected)
        mask = self._hidden(tape, inputs[3], (q, k)) if len(inputs) == 4 else None
        found = attended(tape, q, k, v, mask, causal=self.causal, dropout=self.dropout)
        rows = tape.contiguous(tape.permute(found, (2, 0, 1, 3)))
        rows = tape.reshape(rows, (rows.numel // width, width))
        out = operations.linear(tape, rows, weights["out_proj.weight"], weights.get("out_proj.bias"))
        return (tape.permute(tape.reshape(out, (query.shape[1], tape.batch, width)), (1, 0, 2)),)

    def _heads(self, tape: Tape, x: TapeTensor) -> TapeTensor:
        """``[L, N, E]`` as ``[N, heads, L, E / heads]``."""
        length, batch, width = x.shape
        parts = tape.reshape(x, (length, batch, self.num_heads, width // self.num_heads))
        return tape.permute(parts, (1, 2, 0, 3))

    def _hidden(self, tape: Tape, mask: TapeTensor, heads: Sequence[TapeTensor]) -> TapeTensor:
        """A mask ``[N, L, S]`` as numbers for each head, ``[N, heads, L, S]``."""
        if not mask.is_float:
            mask = tape.pointwise(mask)
        shape = (mask.shape[0], self.num_heads, heads[0].shape[2], heads[1].shape[2])
        steps = [
            0 if own != whole else step
            for own, whole, step in zip(mask.shape[1:], shape[2:], mask.strides[1:], strict=True)
        ]
        rows = tape.reshape(mask.seen(shape, (mask.strides[0], 0, *steps)), (shape[0] * shape[1], *shape[2:]))
        if not rows.is_float:
            rows = tape.pointwise(rows, dtype=heads[0].dtype)
        return tape.reshape(rows, shape)

    def _record_separate(
        self, tape: Tape, query: TapeTensor, key: TapeTensor, value: TapeTensor, mask: Tensors, weights: Weights
    ) -> TapeTensor:
        """A linear map each, the fused kernel, and the map of its result."""
        shared = self.num_heads if self.kv_heads is None else self.kv_heads

        def mapped(x: TapeTensor, name: str) -> TapeTensor:
            return operations.linear(tape, x, weights[f"{name}.weight"], weights.get(f"{name}.bias"))

        def split(x: TapeTensor, heads: int) -> TapeTensor:
            parts = tape.reshape(x, (*x.shape[:2], heads, x.shape[2] // heads))
            return tape.permute(parts, (0, 2, 1, 3))

        q, k, v = (mapped(x, name) for x, name in ((query, "q_proj"), (key, "k_proj"), (value, "v_proj")))
        found = attended(
            tape,
            split(q, self.num_heads),
            split(k, shared),
            split(v, shared),
            *(tape.unsqueeze(x, 1) for x in mask),
            causal=self.causal,
            dropout=self.dropout,
        )
        return mapped(tape.reshape(tape.permute(found, (0, 2, 1, 3)), q.shape), "out_proj")

    def emit(self, inputs: Shapes) -> Call:
        """A module of netspec's own: torch's, or one with a linear layer each."""
        arguments = inputs[0][1], self.num_heads
        if self._separate:
            own = self.given_by_keyword("kv_heads", "head_dim", "dropout", "bias", "causal")
            return Call("netspec.nn.GroupedAttention", arguments, *own)
        if len(inputs) == 4:
            return Call("netspec.nn.MaskedAttention", arguments, *self.given_by_keyword("dropout", "bias"))
        return Call("netspec.nn.Attention", arguments, *self.given_by_keyword("dropout", "bias", "causal"))

    def type_name(self, inputs: Shapes) -> str:
        return "GroupedAttention" if self._separate else "MultiheadAttention"
