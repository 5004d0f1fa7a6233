"""Losses of class probabilities: they minimise the negative logarithm of a likelihood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, PrivateAttr
from pydantic_core import PydanticCustomError

from netspec.diagnostics.numbered import numbered
from netspec.diagnostics.styled import printable
from netspec.functional.class_weights import balanced_weights, named_weights
from netspec.recipe.function import Function, functional
from netspec.recipe.losses.base import SOFTMAX, IgnoringLoss

_LIGHTEST, _HEAVIEST = 1e-9, 1e9
"""The bounds of a class's weight, unless it is 0: float32 holds a batch's sum, and a weight of 1 beside it counts."""


def _weights(value: object) -> tuple[float, ...] | dict[str, float] | str | None:
    """Reads a list of weights of classes, weights by class, or the word for those that their images ask for."""
    if value is None or value == "balanced":
        return value
    given = dict(enumerate(value)) if isinstance(value, list | tuple) else value
    if not isinstance(given, Mapping) or not given:
        meant = "a list of numbers of at least 0, one for each class, or some by the classes' names, or balanced"
        raise PydanticCustomError("weights", meant)
    for name, number in given.items():
        if type(number) not in (int, float) or not (number == 0 or _LIGHTEST <= number <= _HEAVIEST):
            meant = f"a weight of class {{class}} that is 0, or from {_LIGHTEST} to {_HEAVIEST:,.0f}, not {{number}}"
            told = {"class": printable(str(name)), "number": printable(str(number))}
            raise PydanticCustomError("weights", meant, told)
    if given is value:
        return {str(name): float(number) for name, number in given.items()}
    if not any(given.values()):
        raise PydanticCustomError("weights", "a weight above 0 for some class")
    return tuple(map(float, given.values()))


class WeighingLoss(IgnoringLoss):
    """Base of the losses of classes that weigh them, and spread a share of the target over all.

    Attributes:
        label_smoothing: The share of the target that is spread over all classes alike (arXiv:1512.00567).
        weight: Of each class, in the order of the classes: a batch's mean is the weighted one. Or of some by their
            names, `{five: 5}`; the others weigh 1. With `balanced` it is the training images over the classes times
            the class's own: rare classes weigh more, all together as much.
    """

    label_smoothing: float = Field(0.0, ge=0, lt=1)
    weight: Annotated[tuple[float, ...] | dict[str, float] | Literal["balanced"] | None, BeforeValidator(_weights)] = (
        None
    )

    def of_classes(self) -> Function:
        made = super().of_classes()
        if self.balances or self.weight_by_name:  # the weights are given with each call
            return Function(made.target, {name: value for name, value in made.arguments.items() if name != "weight"})
        return made

    def weighing(self) -> Function | None:
        if self.weight is None:
            return super().weighing()
        given = {} if self.balances or self.weight_by_name else {"weight": self.weight}
        ignored = {} if self.ignore_index is None else {"ignore_index": self.ignore_index}
        return functional("losses.label_weight", **given, **ignored)

    def for_classes_alone(self) -> list[str]:
        given = {"label_smoothing": self.label_smoothing, "weight": self.weight}
        return [f"`{name}` of {self.key} is of classes" for name, value in given.items() if value]

    @property
    def balances(self) -> bool:
        return self.weight == "balanced"

    @property
    def weight_by_name(self) -> Mapping[str, float]:
        return self.weight if isinstance(self.weight, dict) else {}

    def with_names(self, classes: Sequence[str]) -> Self:
        if not self.weight_by_name.keys() <= set(classes) or not self.weight_by_name:
            return self
        return self.model_copy(update={"weight": named_weights(self.weight_by_name, classes)})

    def weighed(self, counts: Sequence[int]) -> Self:
        if not self.balances:
            return self
        kept = [0 if label == self.ignore_index else count for label, count in enumerate(counts)]
        return self.model_copy(update={"weight": balanced_weights(kept)})

    def refuse(self, classes: int) -> tuple[str, str] | None:
        given = 0 if self.weight is None or self.balances else len(self.weight)
        if (given > classes) if self.weight_by_name else (given not in (0, classes)):
            reason = f"`weight` of {self.key} has {numbered(given, 'number')} for {numbered(classes, 'class')}"
            return "weight", reason
        weights = tuple(self.weight_by_name.values()) or self.weight
        if given == classes and isinstance(weights, tuple) and not any(weights):
            return "weight", f"`weight` of {self.key} is 0 for all classes: nothing would be learned"
        return None


class CrossEntropy(WeighingLoss):
    """Cross-entropy of the softmax of the outputs, in nats; the network ends in logits, without a softmax."""

    key: ClassVar[str] = "cross_entropy"
    for_classes: ClassVar[str] = "netspec.functional.losses.cross_entropy"
    as_probabilities: ClassVar[str] = SOFTMAX
    expects: ClassVar = "logits"
    also: ClassVar[tuple[str, ...]] = (
        "ce",
        "softmax",
        "log_softmax",
        "categorical_cross_entropy",
        "sparse_categorical_cross_entropy",
    )
    unit: ClassVar[str] = "nats"

    def of_classes(self) -> Function:
        if self.weight is None and self.ignore_index is None:  # torch's own takes labels and probabilities alike
            return Function("torch.nn.functional.cross_entropy", {"label_smoothing": self.label_smoothing})
        return super().of_classes()


class Nll(IgnoringLoss):
    """The negative output of the right class; the network ends in `log_softmax`."""

    key: ClassVar[str] = "nll"
    for_classes: ClassVar[str] = "netspec.functional.losses.nll"
    expects: ClassVar = "log-probabilities"
    also: ClassVar[tuple[str, ...]] = ("negative_log_likelihood",)
    unit: ClassVar[str] = "nats"


class Focal(IgnoringLoss):
    """Cross-entropy that lets go of what is told well already: times (1 - p)^focusing of the right class's p.

    arXiv:1708.02002, with a softmax in place of its sigmoids; with 0 it is the cross-entropy.
    """

    key: ClassVar[str] = "focal"
    also: ClassVar[tuple[str, ...]] = ("sigmoid_focal", "binary_focal_crossentropy", "categorical_focal_crossentropy")
    for_classes: ClassVar[str] = "netspec.functional.losses.focal"
    as_probabilities: ClassVar[str] = SOFTMAX
    expects: ClassVar = "logits"
    unit: ClassVar[str] = "nats"
    main: ClassVar[str | None] = "focusing"

    focusing: float = Field(2.0, ge=0)


class BceWithLogits(WeighingLoss):
    """Cross-entropy of the sigmoid of each output: of classes against 1 for the right and 0 for the others.

    Of two classes one output is enough, the logit of the second. Of values it is against targets from 0 to 1, such as
    labels or the pixels of an autoencoder; others are refused. In nats, its mean over outputs.
    """

    key: ClassVar[str] = "bce_with_logits"
    for_classes: ClassVar[str] = "netspec.functional.losses.binary_cross_entropy"
    for_values: ClassVar[str] = "torch.nn.functional.binary_cross_entropy_with_logits"
    of_labels: ClassVar[bool] = True
    targets_within: ClassVar[tuple[float, float] | None] = (0, 1)
    expects: ClassVar = "logits"
    also: ClassVar[tuple[str, ...]] = ("bce", "binary_cross_entropy", "logistic")
    unit: ClassVar[str] = "nats"

    _alone: bool = PrivateAttr(default=False)

    def told_by_one(self) -> Self:
        made = self.model_copy()
        made._alone = True
        return made

    def of_classes(self) -> Function:
        made = super().of_classes()
        return replace(made, target="netspec.functional.losses.of_one_logit") if self._alone else made

    def to_scores(self) -> Function | None:
        return functional("losses.two_sided") if self._alone else super().to_scores()
