"""What a network learned, which gives other data their meaning. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any, get_args

from netspec.objects.immutable import immutable
from netspec.recipe.data.labels import Targets

if TYPE_CHECKING:
    from netspec.functional.standardising import Standard
    from netspec.recipe.data.base import DataSet

Names = tuple[str, ...]


@immutable
class Learned:
    """What the targets and the columns of a run's data were, by which other data are read alike.

    Attributes:
        targets: Whether targets told classes or values, by the output that they are for, that of the only one without
            a name; outputs of which that is not known are missing.
        classes: The names of the classes, by output.
        labels: The names of the labels or values that a target has a number for each, by output.
        vocabulary: Categories and classes by column, of a table; None of other data.
        columns: The columns of a table by the input that they are for.
        standards: Mean and deviation of the values that were learned from, by the outputs that standardise them.
    """

    targets: Mapping[str, Targets] = field(default_factory=dict)
    classes: Mapping[str, Names] = field(default_factory=dict)
    labels: Mapping[str, Names] = field(default_factory=dict)
    vocabulary: Mapping[str, Names] | None = None
    columns: Mapping[str, Names] = field(default_factory=dict)
    standards: Mapping[str, Standard] = field(default_factory=dict)

    def options(self, data: DataSet) -> dict[str, Any]:
        """The options of a data set that give its targets their meaning, where the recipe does not say it.

        A subset of labels that count 0.0, 1.0, 2.0 might else be taken for values.
        """
        option = type(data).model_fields.get("targets")
        if option is None or Targets not in get_args(option.annotation) or getattr(data, "targets", None) is not None:
            return {}
        named = {name: self.targets[name] for name in data.named_outputs if name in self.targets}
        if len(data.named_outputs) > 1:
            return {"targets": named or None}
        return {"targets": self.targets.get("") or next(iter(named.values()), None)}
