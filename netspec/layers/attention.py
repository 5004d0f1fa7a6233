"""Attention."""

from typing import ClassVar

from netspec.autograd import Tape, TapeTensor, Tensors, Weights, operations
from netspec.autograd.attention import attended
from netspec.diagnostics import Code
from netspec.layers.base import Example, Layer, Shapes, Weight, features, refuse, tensors
from netspec.layers.checks import divides, probability
from netspec.layers.ranks import SEQUENCE
from netspec.layers.reach import everything
from netspec.shape import spell


class Attention(Layer):
    """``softmax(Q K^T / sqrt(E / heads)) V`` in `num_heads` heads, between four linear maps.

    As torch.nn.MultiheadAttention. Input ``[L, E]``, which attends to itself, or a query ``[L, E]`` with a key and a
    value ``[S, E]``, which may be one input; output ``[L, E]``.
    ``2 L E^2 + 2 S E^2`` multiply-accumulates for the maps and ``2 L S E`` for the two products (Vaswani et al.,
    "Attention is all you need", 2017). With `causal`, a position sees none after it.
    """

    op: ClassVar = "attention"
    target: ClassVar = "netspec.nn.Attention"
    arguments: ClassVar = (features, "num_heads")
    main: ClassVar = "num_heads"
    arity: ClassVar = (1, 3)
    ranks: ClassVar = SEQUENCE
    weight_layer: ClassVar = True
    examples: ClassVar = (
        Example({"num_heads": 2}, ((5, 8),)),
        Example({"num_heads": 4, "causal": True, "bias": False}, ((3, 8),)),
        Example({"num_heads": 2, "dropout": 0.1}, ((5, 8), (3, 8), (3, 8))),
        Example({"num_heads": 1}, ((5, 8), (3, 8))),
    )
    samples: ClassVar = {"num_heads": (1, 2)}
    receptive_field = everything

    num_heads: int
    dropout: float = 0.0
    bias: bool = True
    causal: bool = False

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses inputs that are no sequences of one width, and heads that do not divide it."""
        query, key, value = self._roles(self.ranked(inputs))
        if key != value or key[1] != query[1]:
            refuse(
                Code.UNEQUAL_SHAPES,
                "key and value must have one shape, and the query's features",
                found=" and ".join(spell(s) for s in inputs),
                expected=f"[length, {query[1]}] for key and value",
            )
        divides("num_heads", self.num_heads, query[1], "features")
        probability("dropout", self.dropout)
        return (query,)

    def _roles(self, inputs: Shapes) -> Shapes:
        """Shapes of query, key and value."""
        return inputs[0], inputs[1] if len(inputs) > 1 else inputs[0], inputs[-1]

    def weights(self, inputs: Shapes) -> dict[str, Weight]:
        """``in_proj_weight [3E, E]``, ``in_proj_bias``, ``out_proj.weight [E, E]`` and ``out_proj.bias``."""
        width = inputs[0][1]
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
        return 2 * length * width * width + 2 * keys * width * width + 2 * length * keys * width

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """Linear maps to queries, keys and values, which attention keeps, and one from its output.

        torch turns the sequences to ``[L, N, E]`` first, which costs a copy of what each map takes.
        """
        query, key, value = (inputs[0], inputs[1] if len(inputs) > 1 else inputs[0], inputs[-1])
        width = query.shape[2]
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
        heads = [self._heads(tape, x) for x in projected]
        found = attended(tape, *heads, causal=self.causal, dropout=self.dropout)
        rows = tape.contiguous(tape.permute(found, (2, 0, 1, 3)))
        rows = tape.reshape(rows, (rows.numel // width, width))
        out = operations.linear(tape, rows, weights["out_proj.weight"], weights.get("out_proj.bias"))
        return (tape.permute(tape.reshape(out, (query.shape[1], tape.batch, width)), (1, 0, 2)),)

    def _heads(self, tape: Tape, x: TapeTensor) -> TapeTensor:
        """``[L, N, E]`` as ``[N, heads, L, E / heads]``."""
        length, batch, width = x.shape
        parts = tape.reshape(x, (length, batch, self.num_heads, width // self.num_heads))
        return tape.permute(parts, (1, 2, 0, 3))

    def type_name(self, inputs: Shapes) -> str:
        return "MultiheadAttention"
