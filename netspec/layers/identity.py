"""Nothing at all, where a layer is asked for."""

from collections.abc import Mapping
from typing import ClassVar

from netspec.autograd import Tape, Tensor, Tensors
from netspec.layers.base import Example, Layer


class Identity(Layer):
    """``x``; torch.nn.Identity. Any shape, which it keeps."""

    op: ClassVar = "identity"
    target: ClassVar = "torch.nn.Identity"
    dtype: ClassVar = "any"
    rearranges: ClassVar = True
    examples: ClassVar = (Example({}, ((3, 4, 5),)), Example({}, ((3,),)))

    def record(self, tape: Tape, inputs: Tensors, weights: Mapping[str, Tensor]) -> Tensors:
        """Nothing is done."""
        return inputs
