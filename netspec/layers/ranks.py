"""Ranks: the numbers of axes that a layer's inputs may have, from which the refusal of other inputs is made."""

from collections.abc import Mapping
from dataclasses import replace

from netspec.diagnostics import Code
from netspec.diagnostics.tensor_facts import WrongRank
from netspec.layers.refusal import refuse
from netspec.objects.immutable import immutable
from netspec.shape import Shape, spell


@immutable
class Ranks:
    """The allowed numbers of axes, without the batch.

    Attributes:
        least: The fewest.
        most: The most; None for any number.
        takes: What the layer does with such inputs; read after its name.
        expected: The shapes that it takes.
        help: Advice about another shape, for every number of axes or by number.
        features_last: Whether the last axis has the features, and not the first the channels.
    """

    least: int = 0
    most: int | None = None
    takes: str = "takes any shape"
    expected: str = "any shape"
    help: str | Mapping[int, str] | None = None
    features_last: bool = False

    def __contains__(self, rank: int) -> bool:
        return self.least <= rank and (self.most is None or rank <= self.most)

    def advising(self, help: str | Mapping[int, str]) -> "Ranks":
        """The same ranks with another help."""
        return replace(self, help=help)

    def check(self, op: str, shape: Shape) -> None:
        """Refuse a shape of another rank."""
        rank = len(shape)
        if rank not in self:
            refuse(
                Code.BAD_RANK,
                f"`{op}` {self.takes}",
                found=f"{spell(shape)}, {f'{rank} axes' if rank > 1 else 'one axis' if rank else 'one number'}",
                expected=self.expected,
                help=self.help if self.help is None or isinstance(self.help, str) else self.help.get(rank),
                fact=WrongRank(rank, self.least, self.most),
            )


MAKE_AN_IMAGE = "`reshape` makes an image of a vector"

ANY = Ranks()
CHANNELS = Ranks(1, None, "takes channels", "[channels, *spatial]")
CHANNELS_AND_SPACE = Ranks(2, None, "takes channels and spatial axes", "[channels, *spatial]")
SPATIAL = Ranks(
    2,
    4,
    "takes channels and one to three spatial axes",
    "[channels, length], [channels, height, width] or [channels, depth, height, width]",
    MAKE_AN_IMAGE,
)
POOLED = SPATIAL.advising("pooling moves over spatial axes; `reshape` makes an image of a vector")
IMAGE = Ranks(3, 3, "takes an image", "[channels, height, width]", dict.fromkeys((0, 1, 2), MAKE_AN_IMAGE))
SIGNAL_OR_IMAGE = Ranks(
    2,
    3,
    "takes channels and one or two spatial axes",
    "[channels, length] or [channels, height, width]",
    dict.fromkeys((0, 1), MAKE_AN_IMAGE),
)
SEQUENCE = Ranks(
    2,
    2,
    "takes a sequence of vectors",
    "[length, features]",
    {
        1: "`embedding` makes vectors of indices",
        3: "`{permute: [1, 2, 0]}` and `{flatten, end_axis: 1}` make a sequence of an image",
    },
    features_last=True,
)
FEATURES = Ranks(
    1,
    None,
    "works along the last axis, and the input has none",
    "[..., features]",
    "`embedding` makes a vector of a number",
    features_last=True,
)
MASK = Ranks(2, 3, "takes a mask of queries and keys", "[queries, keys] or [heads, queries, keys]")
NUMBER = Ranks(0, 0, "takes a number for each example there", "[]")
