"""The same network with other sizes and params, computed for the few values that a page's sliders offer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from netspec.analysis import Analysis, analyze
from netspec.analysis.size_search import Group, axes_named, features_last, groups
from netspec.diagnostics import NetspecError
from netspec.frontend.document import Document
from netspec.graph import Graph
from netspec.objects.immutable import immutable
from netspec.report.numbers import yaml_text
from netspec.shape import Shape

FACTORS = ((1, 4), (1, 2), (3, 4), (5, 4), (3, 2), (2, 1))
"""The sizes that are tried, as shares of the spec's own; the nearest that the network takes is shown."""
NEAR = 4
"""Sizes on either side of one that the network does not take, among which another is looked for."""
MOST_LAYERS = 20_000
"""Layer calls of all trials together, beyond which no more are made."""
MOST_PARAMS = 8
"""Params of the spec that get a slider, in the spec's order."""


@immutable
class Trial:
    """The network with one other value.

    Attributes:
        label: The value, as the slider shows it.
        analysis: The network; None where it does not work.
        problem: Why it does not.
    """

    label: str
    analysis: Analysis | None
    problem: str = ""


@immutable
class Axis:
    """What one slider varies: its name, its values in order, and the place of the spec's own among them."""

    name: str
    trials: tuple[Trial, ...]
    own: int


Changed = Callable[[Mapping[str, Any]], Graph]
"""The network with other params."""


class AxesOfTrials:
    """The sliders of a page.

    Args:
        document: The spec.
        analysis: The network with its own sizes and params, or those that it was asked for.
        resized: The network for other input shapes; raises `NetspecError` where it does not work.
        changed: The network with other params; raises likewise.
    """

    def __init__(
        self, document: Document, analysis: Analysis, resized: Callable[[Mapping[str, Shape]], Graph], changed: Changed
    ) -> None:
        self.document, self.analysis, self.resized, self.changed = document, analysis, resized, changed
        self.left = MOST_LAYERS
        self.exhausted = False

    def axes(self) -> tuple[Axis, ...]:
        """The sliders: sizes of the input, then params. One without another value that works is left out."""
        graph = self.analysis.graph
        found = [self._sizes(group) for group in groups(graph.inputs.values(), features_last(graph))]
        found += [self._values(name, value) for name, value in self._params()]
        return tuple([axis for axis in found if sum(trial.analysis is not None for trial in axis.trials) > 1])

    def _sizes(self, group: Group) -> Axis:
        shapes = {name: each.shape for name, each in self.analysis.graph.inputs.items()}
        found = {group.size: Trial(str(group.size), self.analysis)}
        for over, under in FACTORS:
            wanted = group.size * over // under
            for size in dict.fromkeys(wanted + sign * away for away in range(NEAR + 1) for sign in (-1, 1)):
                if size < 1 or size in found:
                    continue
                trial = self._trial(str(size), lambda size=size: self.resized(group.resized(shapes, size)))  # type: ignore[misc]
                if trial is not None and trial.analysis is not None:
                    found[size] = trial
                    break
        sizes = sorted(found)
        name = f"Size of the input: {axes_named(shapes, group)}"
        return Axis(name, tuple([found[size] for size in sizes]), sizes.index(group.size))

    def _params(self) -> Iterator[tuple[str, Any]]:
        values = ((name, each.default) for name, each in self.document.params.items())
        for _, (name, value) in zip(range(MOST_PARAMS), values, strict=False):
            yield name, value

    def _values(self, name: str, own: Any) -> Axis:
        trials = [
            Trial(yaml_text(value), self.analysis)
            if value is own
            else self._trial(yaml_text(value), lambda value=value: self.changed({name: value}))  # type: ignore[misc]
            for value in _values_near(own)
        ]
        made = tuple([trial for trial in trials if trial is not None])
        return Axis(name, made, next(number for number, trial in enumerate(made) if trial.analysis is self.analysis))

    def _trial(self, label: str, make: Callable[[], Graph]) -> Trial | None:
        """A trial; None where no more are made."""
        if self.left < 0:
            self.exhausted = True
            return None
        self.left -= len(self.analysis.graph.nodes)
        try:
            graph = make()
        except NetspecError as error:
            first = error.diagnostics[0]
            return Trial(label, None, f"{first.code.number}: {first.message}")
        return Trial(label, analyze(graph))


def _values_near(own: Any) -> Sequence[Any]:
    """The values of a param that are tried, in order, with its own, which alone is given where others mean nothing."""
    match own:
        case bool():
            return [False, own] if own else [own, True]
        case int() if own > 0:
            less = [each for each in dict.fromkeys((own // 4, own // 2)) if each > 0]
            return [*less, own, own * 2, own * 4]
        case float() if own > 0:
            return [own / 2, own, own * 2]
        case list() | tuple() if own and all(isinstance(each, int) and not isinstance(each, bool) for each in own):
            less, more = ([max(1, each + step) for each in own] for step in (-1, 1))
            return [each for each in (less, own, more) if each is own or each != list(own)]
    return [own]
