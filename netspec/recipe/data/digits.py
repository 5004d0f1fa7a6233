"""The digits of scikit-learn: 1,797 images of 8x8, which come with that library."""

from __future__ import annotations

from typing import ClassVar

from netspec.recipe.data.base import DataSet
from netspec.recipe.data.raw import Images, RawData


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
        import torch

        from netspec.recipe.libraries import require

        require("sklearn")
        from sklearn.datasets import load_digits
        from sklearn.model_selection import train_test_split

        bunch = load_digits()
        images = bunch.images[:, None].astype("uint8")
        train_x, test_x, train_y, test_y = train_test_split(
            images, bunch.target, test_size=0.2, stratify=bunch.target, random_state=0
        )
        train = Images(torch.from_numpy(train_x), torch.from_numpy(train_y).long())
        test = Images(torch.from_numpy(test_x), torch.from_numpy(test_y).long())
        return RawData(train, test, tuple(map(str, range(self.class_count))), self.brightest)
