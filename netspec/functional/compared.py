"""The targets that outputs are compared with, and both in the form of metrics."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor


def in_columns(inputs: Tensor, targets: Tensor) -> Tensor:
    """Values [N, K] of examples; a single one [N] is a column."""
    return targets[:, None] if targets.ndim == 1 else targets


def again(inputs: Tensor, targets: Tensor) -> Tensor:
    """The inputs themselves, which are to be given again."""
    return inputs


def masks(inputs: Tensor, targets: Tensor) -> Tensor:
    """Masks of class numbers, uint8 [N, H, W], as labels of pixels, int64."""
    return targets.long()


def masks_of_learned(
    inputs: Tensor, targets: Tensor, blank: int, ignored: int
) -> Tensor:
    """The same where the data have another label for pixels without a class.

    Args:
        inputs: The network's.
        targets: The masks.
        blank: Their label for pixels without a class.
        ignored: That of pixels that are neither learned nor judged.
    """
    labels = targets.long()
    return labels.where(labels != blank, ignored)


def as_rows(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Values as rows [N, K], in double precision.

    The variance of targets far from zero is a small difference of sums.
    """
    return outputs.flatten(1).double(), targets.flatten(1).double()


def told_as_rows(
    outputs: Tensor, targets: Tensor, values: Callable[[Tensor], Tensor]
) -> tuple[Tensor, Tensor]:
    """The same where outputs stand for values by a function."""
    return as_rows(values(outputs), targets)


def told_values(
    outputs: Tensor, targets: Tensor, values: Callable[[Tensor], Tensor]
) -> tuple[Tensor, Tensor]:
    """Outputs as the values that they stand for by a function."""
    return values(outputs), targets


def of_scores(
    outputs: Tensor, targets: Tensor, scores: Callable[[Tensor], Tensor]
) -> tuple[Tensor, Tensor]:
    """Outputs as the scores of classes that a function makes of them."""
    return scores(outputs), targets


def of_likeliest(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Targets as classes [N]; those of mixed images are the likeliest, [N, classes]."""
    return outputs, targets.argmax(1) if targets.is_floating_point() else targets


def of_likeliest_scores(
    outputs: Tensor, targets: Tensor, scores: Callable[[Tensor], Tensor]
) -> tuple[Tensor, Tensor]:
    """Outputs as scores by a function, and targets as classes."""
    return of_likeliest(scores(outputs), targets)


def in_one_row(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Tokens of all windows: scores [N, vocabulary], and the right ones [N]."""
    return outputs.flatten(0, -2), targets.flatten()
