"""The digits of scikit-learn: 1,797 images of 8x8, which come with that library."""

from __future__ import annotations

from typing import ClassVar

from netspec.recipe.data.base import DataSet
from netspec.recipe.data.digits_file import read_digits
from netspec.recipe.data.raw import RawData
from netspec.recipe.function import Function, functional
from netspec.recipe.libraries import require


class Digits(DataSet):
    """Handwritten digits, [1, 8, 8], 10 classes (Alpaydin and Kaynak 1998); 1,437 for training, 360 for the test.

    scikit-learn has no split of its own; this one is fixed, and draws from each class alike.
    """

    key: ClassVar[str] = "digits"
    image: ClassVar[tuple[int, int, int]] = (1, 8, 8)
    class_count: ClassVar[int] = 10
    training_examples: ClassVar[int | None] = 1_437
    brightest: ClassVar[int] = 16

    def load(self) -> RawData:
        require("sklearn")
        data = read_digits()
        return super().load() if data is None else self.raw(data)

    def reader(self) -> Function:
        return functional("data.digits.load_digits_of_sklearn")
