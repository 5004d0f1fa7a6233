"""The layer that does nothing."""

from typing import ClassVar

from netspec.layers.base import Example, Weightless, pointwise
from netspec.layers.remembers import passed_on


class Identity(Weightless):
    """``x``; torch.nn.Identity. Any shape, which it keeps."""

    op: ClassVar = "identity"
    target: ClassVar = "torch.nn.Identity"
    dtype: ClassVar = "any"
    rearranges: ClassVar = True
    examples: ClassVar = (Example({}, ((3, 4, 5),)), Example({}, ((3,),)))
    record = passed_on
    receptive_field = pointwise
