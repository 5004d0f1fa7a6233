"""The modules that a recipe names, looked up in the network. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from netspec.diagnostics import Code
from netspec.frontend.problems import NOWHERE, Places, Report
from netspec.frontend.schema import SECTION
from netspec.frontend.source import Path_
from netspec.functional.phases import covers
from netspec.graph import Graph, Value
from netspec.recipe.phases import HEAD, Phase
from netspec.recipe.recipe import Recipe


def resolve_names(recipe: Recipe, graph: Graph, places: Places = NOWHERE) -> Recipe:
    """The recipe with the names of the network's own modules for `<head>`, every name in it checked.

    Raises:
        NetspecError: NS0801, a diagnostic for every name that no module and no tensor bears, or none with anything in
            it, and for every phase in which nothing learns.
    """
    names, report = _Names(graph), Report(places)
    fresh = names.resolve(recipe.fresh, (SECTION, "fresh"), report)
    phases = [_resolve(phase, names, (SECTION, "phases", index), report) for index, phase in enumerate(recipe.phases)]
    for index, phase in enumerate(phases):
        if not any(not phase.frozen(name) for name in names.learned):
            place = (SECTION, "phases", index, "freeze")
            report.add(Code.BAD_RECIPE, "nothing learns in this phase", place, help=_example(names))
    report.check()
    return recipe.model_copy(update={"fresh": fresh, "phases": tuple(phases)})


def check_start(recipe: Recipe, source: str | None, places: Places = NOWHERE) -> None:
    """Make sure that a run without trained weights is not meant to have some.

    Args:
        recipe: Names the modules that are to begin anew.
        source: The place of the spec's own weights.
        places: The places of the spec's values.

    Raises:
        NetspecError: NS0801: the recipe has modules begin anew, and so would all others.
    """
    report = Report(places)
    if recipe.fresh:
        names = ", ".join(f"`{name}`" for name in recipe.fresh)
        which = f"`--weights default` is {source}" if source else "`--weights FILE`, say"
        report.add(
            Code.BAD_RECIPE,
            f"only {names} is to begin anew, and the run starts without weights for the rest",
            (SECTION, "fresh"),
            help=f"start from trained weights ({which}), or take `fresh` out",
        )
    report.check()


def _resolve(phase: Phase, names: _Names, path: Path_, report: Report) -> Phase:
    exempt = names.resolve(phase.exempt, (*path, "except"), report)
    freeze = names.resolve(phase.freeze, (*path, "freeze"), report)
    rates = {
        own: rate for name, rate in phase.rates.items() for own in names.resolve((name,), (*path, "rates"), report)
    }
    return phase.model_copy(update={"freeze": freeze, "exempt": exempt, "rates": rates})


def _example(names: _Names) -> str:
    return f"take a module out: `except: [{names.heads[-1]}]`" if names.heads else "freeze less"


class _Names:
    """The names of a network's modules and tensors.

    Attributes:
        tensors: Those of the state_dict.
        learned: Those of them that may learn.
        modules: All modules, those without tensors too.
        heads: The last ones with weights before each output.
    """

    def __init__(self, graph: Graph) -> None:
        self.tensors = tuple(graph.state_dict)
        frozen = {node.path for node in graph.nodes.values() if node.frozen}
        self.learned = tuple(
            name
            for name, weight in graph.state_dict.items()
            if not weight.buffer and name.rpartition(".")[0] not in frozen
        )
        paths = [node.path for node in graph.nodes.values()]
        self.modules = tuple(dict.fromkeys(above for path in paths for above in _with_all_above(path)))
        outputs = (*graph.outputs.values(), *graph.side_outputs.values())
        self.heads = tuple(dict.fromkeys(name for value in outputs for name in _heads(value, graph)))

    def resolve(self, written: Iterable[str], path: Path_, report: Report) -> tuple[str, ...]:
        """The names as they are, the head's own in its place; unknown ones are noted."""
        found: list[str] = []
        for index, name in enumerate(written):
            place = (*path, name if path[-1] == "rates" else index)
            if name != HEAD:
                self._check(name, place, report)
            elif not self.heads:
                report.add(Code.BAD_RECIPE, "the network has no layer with weights before its output", place)
            found.extend(self.heads if name == HEAD else (name,))
        return tuple(found)

    def _check(self, name: str, place: Path_, report: Report) -> None:
        if any(covers(name, tensor) for tensor in self.tensors):
            return
        if any(covers(name, module) for module in self.modules):
            help = "only what has weights can be frozen or learn"
            report.add(Code.BAD_RECIPE, f"`{name}` has no weights", place, key=place[-1] == name, help=help)
            return
        pattern = "*" in name
        near = report.unknown(name, () if pattern else (*self.modules, *self.tensors))
        fact = replace(near, certain=False)  # a name that the author gave may as well be misspelt where it was given
        message = f"{'no module fits' if pattern else 'there is no module'} `{name}`"
        way = None if near.meant else "`netspec explain` shows the names of all"
        key = place[-1] == name  # the rates' keys are names
        report.add(Code.BAD_RECIPE, message, place, key=key, help=way, fact=fact)


def _with_all_above(path: str) -> Iterator[str]:
    """A module's path, after the paths of the modules around it."""
    parts = path.split(".")
    return (".".join(parts[: end + 1]) for end in range(len(parts)))


def _heads(output: Value, graph: Graph) -> Iterator[str]:
    """The layers nearest to an output that have a weight of two axes or more, and norms and the like after them."""
    pending, seen = [output.key], set()
    while pending:
        key = pending.pop()
        node = graph.nodes.get(key)
        if node is None or key in seen:
            continue
        seen.add(key)
        own = [weight for weight in node.weights.values() if not weight.buffer]
        if own and node.path:
            yield node.path
        if not any(len(weight.shape) > 1 for weight in own):
            pending.extend(value.key for value in node.inputs)
