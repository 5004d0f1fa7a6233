"""Views of shapes in expressions."""

from __future__ import annotations

from netspec.expr import ExpressionError
from netspec.objects.immutable import immutable

SHAPE_PROPERTIES = ("channels", "height", "width", "features", "shape")


@immutable
class ShapeView:
    """The value of `x` or `input` in an expression."""

    shape: tuple[int, ...]

    @property
    def channels(self) -> int:
        """Size of axis 0."""
        return self.axis(0, "channels")

    @property
    def height(self) -> int:
        """Size of the second to last axis of an image."""
        return self.axis(len(self.shape) - 2 if len(self.shape) > 2 else 1, "height")

    @property
    def width(self) -> int:
        """Size of the last axis of an image."""
        return self.axis(max(len(self.shape) - 1, 1), "width")

    @property
    def features(self) -> int:
        """Size of the last axis."""
        return self.axis(len(self.shape) - 1, "features")

    def axis(self, index: int, name: str) -> int:
        """Size of one axis.

        Raises:
            ExpressionError: The shape has no such axis.
        """
        if not 0 <= index < len(self.shape):
            raise ExpressionError(f"a value of shape {list(self.shape)} has no {name}")
        return self.shape[index]
