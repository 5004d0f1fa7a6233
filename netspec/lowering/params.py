"""Params of a spec that can be keyword arguments of its network's class, with proof.

The spec is elaborated and the program resolved over the same symbols, its params. Both record the decisions by these.
A program is right for all values that give the same decisions in both, since its calls hold the same expressions.
The program makes some of the spec's decisions again in each call: a condition became an `if` or a choice, or a count
a loop. Params that decide anything else are fixed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from netspec import expr as e
from netspec.diagnostics import NetspecError
from netspec.expr import Expr, Identifier
from netspec.expr.guards import Guard, Guards
from netspec.expr.memory import Memory
from netspec.expr.normal import is_settled, key
from netspec.expr.symbols import concrete, expr_of, is_symbolic, symbol
from netspec.expr.tracing import decide, numbered
from netspec.frontend.document import Document
from netspec.frontend.parameters import Parameter
from netspec.frontend.problems import Report
from netspec.frontend.symbolic import SymbolicElaborator
from netspec.graph import Graph, Scope
from netspec.lowering.instances import LoweringError
from netspec.lowering.verify import compare
from netspec.objects.immutable import immutable
from netspec.program.building import Freeze, Initialise, Require, Tie
from netspec.program.classes import Program
from netspec.resolve import Builder, run
from netspec.shape import Shape


@immutable
class Proof:
    """The conditions under which a program is right.

    Attributes:
        fixed: Params for whose other values it may be wrong.
        required: The requirements that it must check on its arguments.
    """

    fixed: frozenset[str]
    required: tuple[Require, ...]


def prove(program: Program, params: Mapping[str, str], document: Document, graph: Graph) -> Proof:
    """The values of its arguments for which a program equals the spec's graph.

    Args:
        program: A program.
        params: The params that are arguments of the network's class, by their names there.
        document: The spec.
        graph: Its graph.

    Raises:
        LoweringError: The program differs from the graph.
    """
    values = {name: graph.root.source.arguments[name] for name in params.values()}
    shapes = {name: each.shape for name, each in graph.inputs.items()}
    decided, counts = _decided(program, params, values, document, shapes)
    single = [expr_of(count) for count, _ in counts if is_symbolic(count) and concrete(count) == 1]
    if single:  # one round gives no evidence about a second
        more, wrong = _with_rounds(single, values)
        decided += wrong
        if not wrong:
            changed = {name: replace(document.params[name], default=value) for name, value in more.items()}
            longer = replace(document, params={**document.params, **changed})
            try:
                decided += _decided(program, params, more, longer, shapes)[0]
            except (NetspecError, LoweringError):
                decided += single
    required, wrong = _requirements([expr_of(count) for count, some in counts if some], values)
    decided += wrong
    mixed = {name for name in values if not _is_of_one_kind(document.params[name])}
    if any(map(e.is_unknown, decided)):
        return Proof(frozenset(values), ())
    read = {name for expr in decided for name in e.names(expr)}
    return Proof(frozenset((read | mixed) & values.keys()), tuple(required))


def _decided(
    program: Program,
    params: Mapping[str, str],
    values: Mapping[str, Any],
    document: Document,
    shapes: Mapping[str, Shape],
) -> tuple[list[Expr], list[tuple[int, bool]]]:
    """Decisions by params that hold only for these values, and the loops' numbers of rounds."""
    el = SymbolicElaborator(document, Report(document.places), params=values.keys())
    symbolic = el.network(shapes)
    arguments = {
        formal: symbol(values[name], e.Name(Identifier(name), e.kind_of([values[name]])))
        for formal, name in params.items()
    }
    builder = Builder(program)
    with Guards().recording() as built:
        root = builder.instance(program.main, arguments)
    with Guards().recording() as ran:
        resolved = run(program, builder, root)
    with Guards().recording() as unlike:
        compare(resolved, symbolic)
    with Guards().recording() as named:
        decide(builder.names)
    spec = [guard for guard in el.guards.found if not guard.place.again]
    apart = _apart(spec, built.found, ran.found, named.found)
    tied = _tied_to_rounds(el.loops, symbolic, resolved.settings)
    decided = [*tied] + [guard.expr for guard in (*apart, *unlike.found) if not _is_first(guard.expr)]
    return decided, builder.rounds


def _with_rounds(counts: Iterable[Expr], values: Mapping[str, Any]) -> tuple[dict[str, Any], list[Expr]]:
    """Values that turn these counts of 1 into 2, and the counts for which none are found."""
    more, wrong = dict(values), []
    for count in counts:
        match count:
            case e.Name(name):
                more[name] = 2
            case e.Index(e.Name(name), e.Literal(int(at))):
                more[name] = (*more[name][:at], 2, *more[name][at + 1 :])
            case e.Apply("len", (e.Name(name),)):
                more[name] = (*more[name], more[name][-1])
            case _:
                wrong.append(count)
    return more, wrong


def _apart(
    spec: Collection[Guard], built: Collection[Guard], ran: Collection[Guard], named: Collection[Guard]
) -> Iterable[Guard]:
    """Guards of the spec that the program does not have, and the other way round.

    The program makes each decision of the spec once, by a statement of the constructor or of the forward pass; likewise
    each computed name of the spec, and it may compute others. Both are compared round by round.
    """
    wanted = Counter(_key(guard) for guard in spec if guard.opposite is None)
    found, names = Counter(map(_key, built)) | Counter(map(_key, ran)), Counter(map(_key, named))
    for guard in spec:
        if guard.opposite is None and wanted[_key(guard)] <= (names if _is_name(guard) else found)[_key(guard)]:
            continue
        if not (guard.place.weights or guard.only_refuses):  # a module creates its weights itself
            yield guard
    for guard in (*built, *ran):
        if _key(guard) not in wanted and not is_settled(numbered(guard.expr), {}):
            yield guard


def _is_name(guard: Guard) -> bool:
    return isinstance(guard.expr, e.Compare) and isinstance(guard.expr.first, e.Format)


_KEYS: Memory[Hashable] = Memory()


def _key(guard: Guard) -> Hashable:
    found = _KEYS.recall(guard.expr)
    if found is None:
        found = _KEYS.keep(guard.expr, (key(numbered(guard.expr)), frozenset(e.names(guard.expr))))
    return found


def _is_first(expr: Expr) -> bool:
    """Whether a program's value in a round equals the spec's; then the comparison concerns that round alone."""
    match expr:
        case e.Compare(made, (("==", wanted),)):
            return is_settled(e.Compare(numbered(made), (("==", wanted),)), {})
    return False


def _is_of_one_kind(parameter: Parameter) -> bool:
    """Whether all values of a param have the same kind; layers distinguish kinds."""
    type_name = parameter.type
    if parameter.nullable:
        return False
    return set(type_name.split(" | ")) <= {"int", "float"} or type_name in ("bool", "str", "list")


def _requirements(counts: Iterable[Expr], values: Mapping[str, Any]) -> tuple[list[Require], list[Expr]]:
    """Requirements of a constructor that make these counts at least 1, and the counts without one."""
    asked: dict[Hashable, Require] = {}
    wrong: list[Expr] = []
    for count in counts:
        match count:
            case e.Literal():
                continue
            case e.Name(name):
                least: Expr = count
                told = f"`{name}` must be at least 1"
            case e.Index(e.Name(name) as whole, _):
                least, told = e.Apply("min", (whole,)), f"each of `{name}` must be at least 1"
            case e.Apply("len", (e.Name(name),)):
                least, told = count, f"`{name}` must have at least one item"
            case _:
                wrong.append(count)
                continue
        few = e.Compare(least, (("<", e.Literal(1)),))
        try:
            holds = not e.evaluate(few, values)
        except e.ExpressionError:
            holds = False
        if holds:
            asked[key(few)] = Require(few, told)
        else:
            wrong.append(count)
    return list(asked.values()), wrong


def with_requirements(program: Program, required: tuple[Require, ...]) -> Program:
    """A program whose network checks requirements on its arguments before it is built."""
    *others, main = program.classes
    return replace(program, classes=(*others, replace(main, build=(*required, *main.build))))


def _tied_to_rounds(
    loops: Sequence[tuple[int, Scope]], graph: Graph, settings: Sequence[Freeze | Tie | Initialise]
) -> Iterator[Expr]:
    """The numbers of rounds that some part of the network is tied to.

    A setting may concern modules in single rounds, and an entry may take the result of a round by a name in it.

    Args:
        loops: Repeats whose numbers of rounds are symbols, each with its number.
        graph: The network; a repeat's result is a different object there than that of its last round.
        settings: The settings of the network after its construction.
    """
    for number, scope in loops:
        keys = set(scope.node_keys())
        paths = {graph.nodes[key].path for key in keys}
        outside = {node.path for key, node in graph.nodes.items() if key not in keys}
        own = scope.path if scope.level else None
        if any(_is_inside(setting.path, own, paths, outside) for setting in settings) or _is_taken(graph, keys):
            yield expr_of(number)


def _is_inside(path: str, own: str | None, paths: set[str], outside: set[str]) -> bool:
    """Whether a module, or all modules in it, belong to a repeat's rounds, without being the repeat itself."""

    def holds(other: str) -> bool:
        return not path or other == path or other.startswith(f"{path}.")

    return path != own and any(map(holds, paths)) and not any(map(holds, outside))


def _is_taken(graph: Graph, keys: set[str]) -> bool:
    """Whether something outside a repeat takes the result of a node in it, rather than that of the repeat."""
    made = {id(value) for key in keys for value in graph.nodes[key].outputs}
    taken = [value for key, node in graph.nodes.items() if key not in keys for value in node.inputs]
    return any(id(value) in made for value in (*taken, *graph.outputs.values(), *graph.side_outputs.values()))
