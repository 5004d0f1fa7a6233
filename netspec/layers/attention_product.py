"""Attention without weights."""

from typing import Any, ClassVar

from pydantic import Field

from netspec.autograd import Tape, Tensors, Weights
from netspec.autograd.attention import attended
from netspec.diagnostics import Code
from netspec.layers.base import Example, Layer, Shapes, no_weights, refuse
from netspec.layers.broadcast import meets, stretched
from netspec.layers.checks import above, meaningless, unset
from netspec.layers.products import Product
from netspec.layers.ranks import Ranks
from netspec.layers.reach import everything
from netspec.program import Function
from netspec.shape import Shape, spell


class ScaledDotProductAttention(Layer):
    """``softmax(Q K^T / sqrt(D)) V`` for each head (torch.nn.functional.scaled_dot_product_attention).

    Inputs ``[H, L, D]``, ``[H, S, D]`` and ``[H, S, D_v]``: queries, keys and values; output ``[H, L, D_v]``. Keys and
    values may have fewer heads, a divisor of H, each for several of the queries' (Ainslie et al., "GQA", 2023). A
    fourth input is a mask ``[H, L, S]``, whose sizes may be 1: truth values, true where a query sees a key, or numbers
    that are added to the scores; `causal` is refused beside it, and `logical_and` joins masks. ``H L S (D + D_v)``
    multiply-accumulates.
    """

    op: ClassVar = "scaled_dot_product_attention"
    arity: ClassVar = (3, 4)
    ranks: ClassVar = Ranks(3, 3, "takes heads, places and features", "[heads, length, features]")
    dtype: ClassVar = ("float", "float", "float", "mask")
    examples: ClassVar = (
        Example({}, ((2, 5, 8), (2, 5, 8), (2, 5, 8))),
        Example({"causal": True}, ((4, 5, 8), (2, 7, 8), (2, 7, 8))),
        Example({"scale": 1.0}, ((2, 5, 8), (2, 7, 8), (2, 7, 6), (1, 5, 7))),
        Example({}, ((2, 5, 8), (2, 7, 8), (2, 7, 8), (1, 1, 7))),
    )
    weights = no_weights
    receptive_field = everything

    causal: bool = Field(False, description="Whether a query sees no key after it.")
    scale: float | None = Field(None, description="The factor of the scores, ``1 / sqrt(D)`` unless told.")

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses shapes that are not queries, keys, values and their mask."""
        query, key, value = self.ranked(inputs)[:3]
        if key[2] != query[2] or key[:2] != value[:2]:
            refuse(
                Code.UNEQUAL_SHAPES,
                "keys need the queries' features, values the keys' heads and places",
                found=" and ".join(spell(shape) for shape in inputs[:3]),
                expected=f"keys [heads, places, {query[2]:d}] and values [{key[0]:d}, {key[1]:d}, features]",
            )
        if query[0] % key[0] != 0:
            refuse(
                Code.UNEQUAL_SHAPES,
                f"{key[0]:d} heads of keys and values do not divide {query[0]:d} heads of queries",
                found=f"{query[0]:d} = {key[0]:d} x {query[0] // key[0]:d} + {query[0] % key[0]:d}",
                expected=f"a divisor of {query[0]:d}",
            )
        if len(inputs) == 4:
            check_mask(inputs[3], (*query[:2], key[1]), "heads, queries, keys", causal=self.causal)
        if not unset(self.scale):
            above("scale", self.scale or 0.0, 0, ": the kernels take a positive factor")
        return ((*query[:2], value[2]),)

    def macs(self, inputs: Shapes, outputs: Shapes) -> int:
        """The two products."""
        (heads, length, width), (_, keys, _), value = inputs[:3]
        return heads * length * keys * width + heads * length * keys * value[2]

    def products(self, inputs: Shapes, outputs: Shapes) -> tuple[Product, ...]:
        """Queries with keys, and what comes of them with values."""
        (heads, length, width), (_, keys, _), value = inputs[:3]
        scores = Product(heads * length * keys * width, ((0,), (1,)))
        return scores, Product(heads * length * keys * value[2], (tuple({*range(len(inputs))} - {2}), (2,)))

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """The fused kernel, or its parts."""
        query, key, value, *mask = inputs
        return (attended(tape, query, key, value, *mask, causal=self.causal),)

    def emit(self, inputs: Shapes) -> Function:
        """Torch's function."""
        kwargs: dict[str, Any] = {"is_causal": self.causal, "scale": self.scale}
        kwargs["enable_gqa"] = inputs[0][0] != inputs[1][0]
        defaults = {"is_causal": False, "scale": None, "enable_gqa": False}
        return Function("torch.nn.functional.scaled_dot_product_attention", (), kwargs, defaults)


def check_mask(mask: Shape, scores: Shape, axes: str, *, causal: bool) -> None:
    """Refuse a mask that does not stretch to the scores, whose axes `axes` tells, or that stands beside `causal`."""
    if causal:
        both = "no `causal`, and a mask that says it: `logical_and` joins one with `constant: causal`"
        meaningless("causal", "attention with a mask", both)
    if not meets(mask, scores) or stretched(mask, scores) != scores:
        refuse(
            Code.UNEQUAL_SHAPES,
            "the mask must have the scores' shape, or sizes of 1",
            found=spell(mask),
            expected=f"{spell(scores)}: {axes}",
        )
