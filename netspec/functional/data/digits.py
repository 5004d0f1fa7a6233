"""The digits of scikit-learn: 1,797 images of 8x8, which come with that library."""

from __future__ import annotations

import torch

from netspec.functional.examples import Data, Images


def load_digits_of_sklearn() -> Data:
    """Images [N, 1, 8, 8] from 0 to 16 with their classes.

    scikit-learn has no split of its own; this one is fixed, and draws from each class
    alike.
    """
    from sklearn.datasets import load_digits  # type: ignore[import-untyped]
    from sklearn.model_selection import (  # type: ignore[import-untyped]
        train_test_split,
    )

    digits = load_digits()
    train, test, train_labels, test_labels = train_test_split(
        digits.images[:, None].astype("uint8"),
        digits.target,
        test_size=0.2,
        stratify=digits.target,
        random_state=0,
    )
    return Data(
        Images(torch.from_numpy(train), torch.from_numpy(train_labels).long()),
        Images(torch.from_numpy(test), torch.from_numpy(test_labels).long()),
        brightest=16,
    )
