"""The base of losses. A loss gives the network's outputs their meaning, so it also says which class they tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import Field

from netspec.recipe.function import Function, functional
from netspec.recipe.parts import Part

if TYPE_CHECKING:
    from torch import Tensor

Criterion = Callable[["Tensor", "Tensor"], "Tensor"]
"""Outputs and targets to the batch's mean, a scalar."""

_VALUES = {"logits": "torch.sigmoid", "log-probabilities": "torch.exp"}
"""The functions that make outputs of some kind values, of a loss that names none."""

SOFTMAX = "netspec.functional.of_confidence.softmax"
"""The function of scores that gives the probabilities of losses that take their softmax."""

_PROBABILITIES = {"log-probabilities": "torch.exp"}
"""The functions that make scores of some kind probabilities; of logits it may be the softmax or the sigmoid."""


def _is_range(value: object) -> bool:
    if not isinstance(value, tuple) or len(value) != 2 or any(type(each) not in (int, float) for each in value):
        return False
    return bool(value[0] < value[1])


class Loss(Part):
    """Base of all losses. One of classes has `for_classes`, one of values `for_values`, some have both.

    Class attributes:
        for_classes: The name of its function of outputs and classes, and of its options, as `dotted` takes it.
        for_values: The same of outputs and values in their shape; options go to it where there is no `for_classes`.
        for_pairs: The same of two outputs, of a `PairLoss`.
        for_boxes: The same of the losses that a detector itself gives.
        unit: The unit of its value, on the axis of a picture: ``nats``, or nothing.
        of_labels: Whether each output alone is the logit of a label that an example has or has not.
        penalties: Whether outputs are penalties: the class with the lowest is the likeliest.
        across_batch: Whether an example's loss depends on the others of its batch.
        expects: The kind of its outputs: logits, say, of which it takes the softmax or the sigmoid itself.
        of_differences: Whether it is of the differences between outputs and values, in whatever unit these are: then
            values far from what a network begins with are told of.
        targets_within: The least and the largest value that a target can have, where targets are values; either may be
            infinite. None for any.
        as_values: The name of the function that makes outputs the values that they stand for, as `dotted` takes it;
            without one it follows from `expects`: the sigmoid of logits, the exponential of log-probabilities.
        as_probabilities: The name of the function that makes scores the probabilities of classes.
    """

    family: ClassVar[str] = "loss"
    group: ClassVar[str] = "netspec.losses"
    told_by: ClassVar[tuple[str, ...]] = (
        "for_classes",
        "for_values",
        "for_pairs",
        "for_boxes",
        "of_classes",
        "of_values",
    )
    named: ClassVar[tuple[str, ...]] = ("as_values", "as_probabilities")
    for_classes: ClassVar[str] = ""
    for_values: ClassVar[str] = ""
    for_pairs: ClassVar[str] = ""
    for_boxes: ClassVar[str] = ""
    unit: ClassVar[str] = ""
    of_labels: ClassVar[bool] = False
    penalties: ClassVar[bool] = False
    across_batch: ClassVar[bool] = False
    expects: ClassVar[Literal["any numbers", "logits", "log-probabilities"]] = "any numbers"
    of_differences: ClassVar[bool] = False
    targets_within: ClassVar[tuple[float, float] | None] = None
    as_values: ClassVar[str] = ""
    as_probabilities: ClassVar[str] = ""

    @classmethod
    def faults(cls) -> list[str]:
        found = super().faults()
        for name in ("values", "probabilities"):
            if getattr(cls, name) is not getattr(Loss, name):
                found.append(f"says `{name}` itself, where `as_{name}` or `to_{name}` is to name the function")
        if cls.targets_within is not None and not _is_range(cls.targets_within):
            found.append("says `targets_within`, which is not two numbers, the smaller first")
        return found

    def of_classes(self) -> Function:
        """The loss of outputs [N, classes, ...] whose targets are classes.

        Targets are labels [N, ...] (int64), or probabilities [N, classes, ...] where labels were mixed.
        """
        return Function(self.dotted(self.for_classes), self.model_dump())

    def of_values(self) -> Function:
        """The loss of outputs whose targets are values, in the outputs' shape."""
        return Function(self.dotted(self.for_values), {} if self.for_classes else self.model_dump())

    def to_values(self) -> Function | None:
        """The function of outputs that gives the values they stand for, in their shape; None where they are those."""
        name = self.as_values or _VALUES.get("logits" if self.of_labels else self.expects)
        return Function(self.dotted(name)) if name else None

    def to_probabilities(self) -> Function | None:
        """The function of scores [N, classes, ...] that gives probabilities, in their shape; None where none does."""
        name = self.as_probabilities or ("torch.sigmoid" if self.of_labels else _PROBABILITIES.get(self.expects))
        return Function(self.dotted(name)) if name else None

    def weighing(self) -> Function | None:
        """The function of a batch's labels that gives the weight of its mean among those of others; None for its rows.

        Where weights of classes are yet to be told, it takes them as `weight`, as the loss does.
        """
        return None

    @classmethod
    def takes_classes(cls) -> bool:
        """Whether targets may be classes."""
        return bool(cls.for_classes)

    @classmethod
    def takes_values(cls) -> bool:
        """Whether targets may be values."""
        return bool(cls.for_values)

    def reads(self, output: str) -> tuple[str, ...]:
        """The outputs that it is a function of, where it stands at one of this name."""
        return (output,)

    @property
    def ignored(self) -> int | None:
        """The label that is neither learned nor judged; None where there is none."""
        return None

    @classmethod
    def can_ignore(cls) -> bool:
        """Whether it can leave a label out."""
        return issubclass(cls, IgnoringLoss)

    def for_classes_alone(self) -> list[str]:
        """What is said of options that are given and have a meaning for classes alone."""
        return []

    @property
    def balances(self) -> bool:
        """Whether its classes are yet to be given weights by their images."""
        return False

    @property
    def weight_by_name(self) -> Mapping[str, float]:
        """The weights of classes that go by their names; empty where none do."""
        return {}

    def with_names(self, classes: Sequence[str]) -> Self:
        """The loss with weights in the order of the classes, where it has them by name and all names are of classes."""
        return self

    def weighed(self, counts: Sequence[int]) -> Self:
        """The loss with the weights that these numbers of each class's images ask for, where it takes such."""
        return self

    def refuse(self, classes: int) -> tuple[str, str] | None:
        """The option that is wrong for this number of classes, and the reason; None where none is."""
        return None

    def told_by_one(self) -> Self | None:
        """The loss where one output tells two classes, the logit of the second; None where it cannot be told so."""
        return None

    def to_scores(self) -> Function | None:
        """The function of outputs that gives the scores of classes; None where they are those."""
        return functional("losses.negated") if self.penalties else None

    def scores(self, outputs: Tensor) -> Tensor:
        """The scores [N, classes, ...] of outputs: the higher, the likelier the class."""
        made = self.to_scores()
        return outputs if made is None else made(outputs)

    def predict(self, outputs: Tensor) -> Tensor:
        """The class of outputs [N, ...]: the one with the highest score."""
        return self.scores(outputs).argmax(1)

    def probabilities(self, outputs: Tensor) -> Tensor | None:
        """The probability of each class, [N, classes, ...]; None where outputs tell none."""
        made = self.to_probabilities()
        return None if made is None else made(self.scores(outputs))

    def values(self, outputs: Tensor) -> Tensor:
        """The values that outputs [N, ...] stand for where targets are such, in their shape."""
        made = self.to_values()
        return outputs if made is None else made(outputs)


class IgnoringLoss(Loss):
    """Base of the losses of classes that can leave a label out.

    Attributes:
        ignore_index: A label that is neither learned nor judged, such as 255 for the borders of masks.
    """

    ignore_index: int | None = Field(None, ge=-(2**31), lt=2**31)

    @property
    def ignored(self) -> int | None:
        return self.ignore_index

    def ignoring(self, label: int) -> Self:
        """The same loss, with a label that is neither learned nor judged unless the recipe says which."""
        return self if self.ignore_index is not None else self.model_copy(update={"ignore_index": label})

    def weighing(self) -> Function | None:
        return None if self.ignore_index is None else functional("losses.label_weight", ignore_index=self.ignore_index)


class PairLoss(Loss):
    """Base of the losses of two outputs [N, ...] of one shape, of a network with several.

    Class attributes:
        takes_targets: Whether it is told which pairs belong together: 1 or 0 for each.

    Attributes:
        other: The second output's name.
    """

    main: ClassVar[str | None] = "other"
    takes_targets: ClassVar[bool] = False

    other: str

    def reads(self, output: str) -> tuple[str, ...]:
        return output, self.other

    def of_pairs(self) -> Function:
        """The loss, a function of both outputs, and of the targets of those that take some."""
        options = {name: value for name, value in self.model_dump().items() if name != "other"}
        return Function(self.dotted(self.for_pairs), options)
