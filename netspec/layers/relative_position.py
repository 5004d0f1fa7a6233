"""Learned distances between queries and keys."""

from typing import ClassVar

from pydantic import Field

from netspec.autograd import Tape, Tensors, Weights
from netspec.layers.base import Example, Layer, Shapes, Weight, no_work, refuse_option
from netspec.layers.checks import at_least, at_most
from netspec.layers.ranks import Ranks
from netspec.layers.reach import everything

MOST_BUCKETS = 2**16
"""The most buckets, each of whose first distances built source works out when it is made."""


class RelativePositionBias(Layer):
    """A learned number for each head and each bucket of distances, to be added to attention's scores.

    Input a sequence ``[L, *S]``, or queries and keys ``[L, *S]`` and ``[S, *S]``, of which the lengths alone are read;
    output ``[heads, L, S]``, a mask of `attention` (Raffel et al., "Exploring the limits of transfer learning", 2020,
    section 2.1). Of the buckets, one half holds a distance each; the others share those up to `max_distance` on a
    logarithmic scale, and the last all beyond; there are at most 65,536. Without `bidirectional`, keys ahead are in the
    bucket of distance 0.
    """

    op: ClassVar = "relative_position_bias"
    main: ClassVar = "num_heads"
    arity: ClassVar = (1, 2)
    dtype: ClassVar = "any"
    out_dtype: ClassVar = "float"
    ranks: ClassVar = Ranks(1, None, "takes sequences", "[length] or [length, ...]")
    target: ClassVar = "netspec.nn.RelativePositionBias"
    arguments: ClassVar = ("num_heads",)
    keywords: ClassVar = ("num_buckets", "max_distance", "bidirectional")
    examples: ClassVar = (
        Example({"num_heads": 2}, ((5, 8),)),
        Example({"num_heads": 4, "num_buckets": 8, "max_distance": 16, "bidirectional": False}, ((7,), (9,))),
    )
    samples: ClassVar = {"num_buckets": (4, 5, 8, 32), "max_distance": (9, 20, 128)}
    macs = no_work
    receptive_field = everything

    num_heads: int
    num_buckets: int = Field(32, description="Rows of the table.")
    max_distance: int = Field(128, description="The distance from which on all share the last bucket.")
    bidirectional: bool = Field(True, description="Whether half of the buckets are for keys after their query.")

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses too few buckets, and distances that these hold one by one."""
        self.ranked(inputs)
        at_least("num_heads", self.num_heads, 1)
        at_least("num_buckets", self.num_buckets, 4 if self.bidirectional else 2)
        at_most("num_buckets", self.num_buckets, MOST_BUCKETS, "buckets")
        exact = self.num_buckets // (4 if self.bidirectional else 2)
        if self.max_distance <= exact:
            refuse_option(
                "max_distance",
                f"{exact:d} distances have a bucket each, so that none is left for longer ones",
                found=f"{self.max_distance:d}",
                expected=f"more than {exact:d}",
            )
        return ((self.num_heads, inputs[0][0], inputs[-1][0]),)

    def weights(self, inputs: Shapes) -> dict[str, Weight]:
        """``weight [num_buckets, num_heads]``."""
        return {"weight": Weight((self.num_buckets, self.num_heads))}

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """It keeps the buckets; the result is a view, the same for each example."""
        lengths = (inputs[0].shape[1], inputs[-1].shape[1])
        buckets = tape.operation([], lengths, dtype="int64")
        rows = tape.operation([weights["weight"]], (*lengths, self.num_heads), keeps=(buckets,))
        bias = tape.permute(rows, (2, 0, 1))
        return (bias.seen((tape.batch, *bias.shape), (0, *bias.strides)),)
