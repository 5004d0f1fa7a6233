"""Dynamic axes: the refusal of what is right for only one of their sizes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from netspec.diagnostics import Code
from netspec.expr import Compare, Expr, names
from netspec.expr.guards import Guard
from netspec.expr.normal import is_settled
from netspec.expr.symbols import concrete, is_symbolic
from netspec.frontend.counting import Work
from netspec.frontend.document import Document
from netspec.frontend.problems import Report
from netspec.frontend.source import Path_
from netspec.frontend.symbolic import SymbolicElaborator, size_name
from netspec.graph import Graph, Node

_HELP = "put a global or adaptive pooling before it, or take the axis out of `dynamic`"
_IMAGES = "a detector's images have all sizes that `size_divisible` divides"


def _varying(graph: Graph) -> Mapping[str, tuple[Sequence[int], int]]:
    """The axes of a detector's images, and the number that divides their sizes."""
    if graph.detection is None or graph.detection.kind.divisor is None:
        return {}
    return {next(iter(graph.inputs)): ((1, 2), graph.detection.kind.divisor)}


def refuse_bound(document: Document, graph: Graph, report: Report, work: Work | None = None) -> None:
    """Report parts of a network that are right for only one size of a dynamic axis.

    Raises:
        NetspecError: There is such a part.
    """
    varying = _varying(graph)
    el = SymbolicElaborator(
        document,
        Report(document.places),
        axes=lambda each: varying.get(each.name, (each.dynamic, 1))[0],
        step=lambda each: varying.get(each.name, (each.dynamic, 1))[1],
        work=work,
    )
    symbolic = el.network({name: each.shape for name, each in graph.inputs.items()})
    least = {
        str(size_name(each.name, axis)): each.shape[axis] // step
        for each in graph.inputs.values()
        for axes, step in [varying.get(each.name, (each.dynamic, 1))]
        for axis in axes
    }
    help = _HELP if graph.detection is None else _IMAGES
    told: set[Path_] = set()
    for key, node in symbolic.nodes.items():
        path = el.entries[key].path
        if (bound := made_for_one(node)) is not None and path not in told:
            told.add(path)
            report.add(
                Code.DYNAMIC_WEIGHT,
                f"`{node.path}` is made for one size of a dynamic axis",
                path,
                found=f"{bound} for an input of {list(concrete(node.input_shapes[0]))}",
                help=(node.layer.sizeless or help) if _is_sized(node) else help,
            )
    for guard in unsettled(el.guards.found, least):
        path = guard.place.path
        if not any(each[: len(path)] == path for each in told):
            told.add(path)
            report.add(
                Code.DYNAMIC_WEIGHT,
                "this works for one size of a dynamic axis alone",
                path,
                help=_instead_of_table(el, path) or help,
            )
    report.check(partial=graph)


def _instead_of_table(el: SymbolicElaborator, path: Path_) -> str:
    """What to write instead of a table of one size that an entry takes; empty where it takes none."""
    taken = (
        el.nodes.get(value.key)
        for key, node in el.nodes.items()
        if el.entries[key].path == path
        for value in node.inputs
    )
    return next((each.layer.sizeless for each in taken if each is not None and not each.inputs), "")


def made_for_one(node: Node) -> str | None:
    """The weight of a call, or the argument of its module, that depends on a symbol; None if there is none."""
    for name, weight in node.weights.items():
        if is_symbolic(weight.shape):
            return f"`{name}` of {list(concrete(weight.shape))}"
    if _is_sized(node):
        return f"`{node.layer.type_name(concrete(node.input_shapes))}` with a size among its arguments"
    return None


def _is_sized(node: Node) -> bool:
    """Whether an argument of a call's module depends on a symbol."""
    return is_symbolic(node.call.args) or is_symbolic(node.call.kwargs)


def unsettled(guards: Iterable[Guard], least: Mapping[str, int]) -> Iterator[Guard]:
    """Guards that may come out differently for other sizes.

    A layer may refuse sizes below these, or above a bound such as a table's length, and axes that are not as long as
    one another; all other decisions must be the same for every size.
    """
    every = dict.fromkeys(least, 1)
    for guard in guards:
        if is_settled(guard.expr, every):
            continue
        if not (guard.only_refuses and (_is_bound(guard.expr) or is_settled(guard.expr, least))):
            yield guard


def _is_bound(expr: Expr) -> bool:
    """Whether an expression compares a size by its order, or with another axis's, so that many sizes fulfil it."""
    if not isinstance(expr, Compare) or len(expr.rest) != 1:
        return False
    ((sign, right),) = expr.rest
    one, other = names(expr.first), names(right)
    return sign in ("<", "<=", ">", ">=") or bool(one and other and not one & other)
