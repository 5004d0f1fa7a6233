"""The weights of classes in a loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netspec.functional.examples import UnfitData


def balanced_weights(counts: Sequence[int]) -> tuple[float, ...]:
    """The weight of each class: images over classes times the class's own images.

    All images together weigh what they would without weights. As scikit-learn's
    `class_weight="balanced"` (King and Zeng 2001, "Logistic regression in rare events
    data"); a class without images, which counts for none there, has the weight 0.
    """
    present = sum(count > 0 for count in counts)
    return tuple(sum(counts) / (present * n) if n else 0.0 for n in counts)


def named_weights(
    weights: Mapping[str, float], classes: Sequence[str]
) -> tuple[float, ...]:
    """The weight of each class by its name; 1 of those that are not named.

    Raises:
        UnfitData: A name is of no class.
    """
    strange = next((name for name in weights if name not in classes), None)
    if strange is not None:
        known = f"they are {', '.join(classes[:10])}{', ...' * (len(classes) > 10)}"
        raise UnfitData(f"`weight` names {strange!r}, which is no class", known)
    return tuple(weights.get(name, 1.0) for name in classes)
