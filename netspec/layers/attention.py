"""Attention."""

from typing import ClassVar

from pydantic import Field

from netspec.autograd import Tape, Tensors, Weights
from netspec.diagnostics import Code
from netspec.layers.attention_memory import Heads, record_joined, record_separate
from netspec.layers.attention_product import check_mask
from netspec.layers.base import Example, Layer, Shapes, Weight, refuse, tensors
from netspec.layers.checks import at_least, divides, meaningless, probability, unset
from netspec.layers.products import Product, Sources, mapped
from netspec.layers.ranks import MASK, SEQUENCE
from netspec.layers.reach import everything
from netspec.layers.rotary import check_rotary
from netspec.program import Call
from netspec.shape import Shape, spell


class Attention(Layer):
    """``softmax(Q K^T / sqrt(E / heads)) V`` in `num_heads` heads, between four linear maps.

    As torch.nn.MultiheadAttention. Input ``[L, E]``, which attends to itself, or a query ``[L, E]`` with a key and a
    value ``[S, E]``, which may be one input; output ``[L, E]``.
    ``2 L E^2 + 2 S E^2`` multiply-accumulates for the maps and ``2 L S E`` for the two products (Vaswani et al.,
    "Attention is all you need", 2017). With `causal`, a position sees none after it.

    A fourth input is a mask ``[L, S]``, or ``[heads, L, S]``, whose sizes may be 1: truth values, true where a query
    sees a key, or numbers that are added to the scores: `{attention: 8, from: [q, q, q, mask]}`, where `q` is an
    entry's name. `causal` is refused beside a mask: `{constant: causal, shape: [L, L]}` is one too, and `logical_and`
    joins the two.

    With `separate`, the three maps to queries, keys and values are layers of their own, ``q_proj``, ``k_proj`` and
    ``v_proj``, as they are with `kv_heads`, fewer heads of keys and values, each for several of the queries' (Ainslie
    et al., "GQA", 2023), with `head_dim`, a head's width other than ``E / heads``, and with `rotary`, the base of the
    wavelengths at which queries and keys are turned by their places, as the layer `rotary` turns them.
    """

    op: ClassVar = "attention"
    main: ClassVar = "num_heads"
    arity: ClassVar = (1, 4)
    dtype: ClassVar = ("float", "float", "float", "mask")
    ranks: ClassVar = SEQUENCE
    other_ranks: ClassVar = {3: MASK}
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
        Example({"num_heads": 4, "kv_heads": 2, "rotary": 10000.0, "bias": False, "causal": True}, ((5, 16),)),
        Example({"num_heads": 2}, ((5, 8), (5, 8), (5, 8), (2, 5, 5))),
    )
    samples: ClassVar = {
        "num_heads": (1, 2),
        "kv_heads": (1, 2),
        "head_dim": (2, 3, 4),
        "rotary": (10000.0, 500000.0),
    }
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
    rotary: float | None = Field(None, description="The base of rotary positions; none unless told.")
    interleaved: bool = Field(False, description="Whether `rotary` turns neighbours, and not the halves of a head.")

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
        if not unset(self.rotary):
            check_rotary("rotary", self.rotary or 0.0, self._widths(inputs)[0] // self.num_heads)
        elif self.interleaved:
            meaningless("interleaved", "attention without `rotary`", "`rotary: 10000.0`, or no `interleaved`")
        if len(inputs) == 4:
            heads = () if len(inputs[3]) == 2 else (self.num_heads,)
            axes = "queries, keys" if not heads else "heads, queries, keys"
            check_mask(inputs[3], (*heads, *scores), axes, causal=self.causal)
        probability("dropout", self.dropout)
        return (query,)

    def _roles(self, inputs: Shapes) -> Shapes:
        """Shapes of query, key and value."""
        return inputs[0], inputs[1] if len(inputs) > 1 else inputs[0], inputs[:3][-1]

    @property
    def _separate(self) -> bool:
        told = self.kv_heads, self.head_dim, self.rotary
        return bool(self.separate) or not all(unset(option) for option in told)

    def _widths(self, inputs: Shapes) -> tuple[int, int]:
        """Features of all heads of the queries, and of all those of the keys."""
        width = inputs[0][1] // self.num_heads if unset(self.head_dim) else self.head_dim or 0
        heads = self.num_heads if unset(self.kv_heads) else self.kv_heads or 0
        return self.num_heads * width, heads * width

    @property
    def keeps_past(self) -> bool:  # type: ignore[override]
        """Causal attention keeps keys and values."""
        return bool(self.causal)

    def followed(self, inputs: Shapes, axis: int) -> int | None:
        """The positions, of causal attention to itself."""
        return 0 if self.causal and axis == 0 and len(inputs) == 1 else None

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

    def products(self, inputs: Shapes, outputs: Shapes) -> tuple[Product, ...]:
        """The maps to queries, keys and values, their two products, and the map of the result."""
        (length, width), (keys, _), _ = self._roles(inputs)
        heads, shared = self._widths(inputs) if self._separate else (width, width)
        sources = (0, min(1, len(inputs) - 1), min(2, len(inputs) - 1))
        names = ("q_proj", "k_proj", "v_proj") if self._separate else ("in_proj",) * 3
        weight, bias = (".weight", ".bias") if self._separate else ("_weight", "_bias")
        query, key, value = ((name + weight, name + bias, at) for name, at in zip(names, sources, strict=True))
        sizes = (length * width * heads, keys * width * shared, keys * width * shared)
        maps = [mapped(size, made[0], made[2]) for size, made in zip(sizes, (query, key, value), strict=True)]
        scores: Sources = (*query, *key, *range(3, len(inputs)))
        each = length * keys * heads
        seen = (Product(each, (query, key)), Product(each, (scores, value)))
        return *maps, *seen, mapped(length * heads * width, "out_proj.weight", *scores, *value)

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """Linear maps to queries, keys and values, which attention keeps, and one from its output."""
        roles = (inputs[0], inputs[1] if len(inputs) > 1 else inputs[0], inputs[:3][-1])
        shared = self.num_heads if self.kv_heads is None else self.kv_heads
        turns = self.rotary is not None
        heads = Heads(self.num_heads, shared, self.causal, self.dropout, turns, self.interleaved)
        recorded = record_separate if self._separate else record_joined
        return (recorded(tape, roles, inputs[3:], weights, heads),)

    def emit(self, inputs: Shapes) -> Call:
        """A module of netspec's own: torch's, or one with a linear layer each."""
        arguments = inputs[0][1], self.num_heads
        if self._separate:
            options = ("kv_heads", "head_dim", "dropout", "bias", "causal", "rotary", "interleaved")
            return Call("netspec.nn.GroupedAttention", arguments, *self.given_by_keyword(*options))
        kind = "Masked" if len(inputs) == 4 else "Causal" if self.causal else ""
        return Call(f"netspec.nn.{kind}Attention", arguments, *self.given_by_keyword("dropout", "bias"))

    def type_name(self, inputs: Shapes) -> str:
        return "GroupedAttention" if self._separate else "MultiheadAttention"
