"""The context of an entry during elaboration: its level, its variables, the names that it can refer to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any, Literal

from netspec.diagnostics import Related
from netspec.expr import is_identifier
from netspec.frontend.entries import Entry
from netspec.frontend.parameters import VIEWS
from netspec.frontend.source import Path_
from netspec.frontend.written import ShapeView, UnknownShape, Written
from netspec.graph import Initialiser, Scope, ScopeKind, Value
from netspec.objects.immutable import immutable, mutable

if TYPE_CHECKING:
    from netspec.frontend.defaults import Defaults
    from netspec.frontend.document import Block
    from netspec.frontend.elaborate import Elaborator


Flow = tuple[Value, ...] | None
"""The tensors that flow from entry to entry; None if an error upstream leaves them unknown."""

LevelKind = Literal["layers", "sequence", "rounds"]

# Attributes of torch.nn.Module (2.6 to 2.15): no child may have such a name; a test compares the list with torch's.
# fmt: off
REFUSED_NAMES = frozenset({
    "add_module", "apply", "_apply", "_backward_hooks", "_backward_pre_hooks", "bfloat16", "_buffers", "buffers",
    "_call_impl", "call_super_init", "children", "compile", "_compiled_call_impl", "cpu", "cuda", "double",
    "dump_patches", "eval", "extra_repr", "float", "forward", "_forward_hooks", "_forward_hooks_always_called",
    "_forward_hooks_with_kwargs", "_forward_pre_hooks", "_forward_pre_hooks_with_kwargs", "_get_backward_hooks",
    "_get_backward_pre_hooks", "get_buffer", "get_extra_state", "_get_name", "get_parameter", "get_submodule", "half",
    "ipu", "_is_full_backward_hook", "_load_from_state_dict", "load_state_dict", "_load_state_dict_post_hooks",
    "_load_state_dict_pre_hooks", "_maybe_warn_non_full_backward_hook", "modules", "_modules", "mtia",
    "named_buffers", "named_children", "_named_members", "named_modules", "named_parameters",
    "_non_persistent_buffers_set", "_parameters", "parameters", "register_backward_hook", "register_buffer",
    "register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook",
    "register_full_backward_pre_hook", "register_load_state_dict_post_hook", "_register_load_state_dict_pre_hook",
    "register_load_state_dict_pre_hook", "register_module", "register_parameter", "_register_state_dict_hook",
    "register_state_dict_post_hook", "register_state_dict_pre_hook", "_replicate_for_data_parallel", "requires_grad_",
    "_save_to_state_dict", "set_extra_state", "set_submodule", "share_memory", "_slow_forward", "state_dict",
    "_state_dict_hooks", "_state_dict_pre_hooks", "T_destination", "to", "to_empty", "train", "training", "type",
    "_version", "_wrapped_call_impl", "xpu", "zero_grad",
})
# fmt: on

SEQUENCE_NAMES = frozenset({"append", "extend", "insert", "pop"})
"""Attributes of torch.nn.Sequential besides."""


@mutable
class Origin:
    """The source of a scope, for lowering.

    Attributes:
        entry: The entry that made it; None for the network and for parts of a structure.
        variables: Variables that expressions of the entry see, without `x` and `input`.
        inputs: The entry's inputs. results: All its results. outputs: The results that flow on to the next entry.
        taken: The names in the entry's `from`; None if it takes the output of the entry before.
        to: The names of its results, computed.
        block: The called block. arguments: Values of its parameters and `let`, by name.
        rounds: The variables that each round of a repeat binds.
        inner: The meanings of the names in a named group.
        idle: In the network's scope, the places of defaults that nothing takes up.
        again: Whether it calls existing modules. fan: Whether it is the branches that a repeat makes.
    """

    entry: Entry | None
    variables: Mapping[str, Any]
    inputs: Flow
    outputs: Flow = None
    results: Flow = None
    taken: tuple[str | Written, ...] | None = None
    to: tuple[str, ...] | None = None
    block: Block | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    rounds: tuple[Mapping[str, Any], ...] = ()
    inner: Mapping[str, Bound] = field(default_factory=dict)
    idle: tuple[Path_, ...] = ()
    again: bool = False
    fan: bool = False


@mutable
class Level:
    """A torch module that has children, while they are being named.

    `rounds` is the level of a named repeat: its children are numbered, and groups among them are levels.
    """

    path: str
    kind: LevelKind
    position: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def join(self, name: str) -> str:
        """The path of a child."""
        return f"{self.path}.{name}" if self.path else name

    def next_name(self, kind: str) -> str:
        """The automatic name of the next child: its position, or its kind with the count of that kind."""
        if self.kind != "layers":
            self.position += 1
            return str(self.position - 1)
        return self.numbered(kind)

    def numbered(self, kind: str) -> str:
        """A kind with its count in this level."""
        self.counts[kind] += 1
        return f"{kind}{self.counts[kind]}"

    def named(self, kind: str) -> None:
        """Count a named child too, so that naming one never renames the next."""
        self.position += 1
        self.counts[kind] += 1


@immutable
class Bound:
    """The meaning of a name: tensors, and for a named group or repeat the meanings of its inner names."""

    flow: Flow
    inner: Mapping[str, Bound] = field(default_factory=dict)


class Names:
    """Names of entries that later entries of a list, or of lists inside it, can refer to."""

    def __init__(self, outer: Names | None = None) -> None:
        self.own: dict[str, Bound] = {}
        self.outer = outer

    def bind(self, name: str, bound: Bound) -> None:
        """Bind `name`, for this list and the lists inside it."""
        self.own[name] = bound

    def find(self, reference: str) -> Bound | None:
        """The meaning of a reference, dotted or not; None if it names nothing."""
        scope: Names | None = self
        while scope is not None:
            if reference in scope.own:
                return scope.own[reference]
            parts = reference.split(".") if "." in reference else []
            heads = [length for length in range(len(parts) - 1, 0, -1) if ".".join(parts[:length]) in scope.own]
            for length in heads:  # a name may itself contain dots
                found = _reach(scope.own[".".join(parts[:length])], parts[length:])
                if found is not None:
                    return found
            if heads:
                return None
            scope = scope.outer
        return None

    def visible(self) -> Iterator[str]:
        """Every name that can be referred to, inner ones dotted."""
        scope: Names | None = self
        while scope is not None:
            for name, bound in scope.own.items():
                yield name
                yield from (f"{name}.{inner}" for inner in bound.inner)
            scope = scope.outer


def _reach(bound: Bound, rest: list[str]) -> Bound | None:
    for length in range(len(rest), 0, -1):
        inner = bound.inner.get(".".join(rest[:length]))
        found = inner if inner is None or length == len(rest) else _reach(inner, rest[length:])
        if found is not None:
            return found
    # The contents of an entry that failed are not known.
    return bound if bound.flow is None else None


@immutable
class Context:
    """Everything that an entry sees.

    Attributes:
        level: The level that names its module.
        variables: Parameters, `let` and loop variables.
        names: Entries that it can refer to.
        block: Path of the innermost block's module (the network's: empty), where `reuse` starts.
        within: The names of the blocks around it, none of which may be called in it.
        inputs: Inputs of the innermost block, for `input`.
        frozen: Whether weights are frozen here.
        training_only: Whether this is inside a side branch.
        scans: The scans around this, outermost first, by the keys of the calls that take their steps.
        branching: Whether this is inside a branch of a `residual` or `parallel`.
        reusing: Whether existing modules are being called again.
        defaults: The values of options that entries leave out, by layer or block.
        initialisers: The initialisers that a group's `init` gives to the weights of layers, by layer name.
        calls: The chain of block calls up to here, innermost last, for diagnostics.
    """

    level: Level
    variables: Mapping[str, Any]
    names: Names
    block: str = ""
    within: frozenset[str] = frozenset()
    inputs: Flow = None
    frozen: bool = False
    training_only: bool = False
    scans: tuple[str, ...] = ()
    branching: bool = False
    reusing: bool = False
    defaults: Defaults = field(default_factory=dict)
    initialisers: Mapping[str, Mapping[str, Initialiser]] = field(default_factory=dict)
    calls: tuple[Related, ...] = ()


def without_index(context: Context) -> Context:
    """The context of an entry outside its own rounds, without the outer `i`: `i` is the index of its rounds alone."""
    variables = {name: value for name, value in context.variables.items() if name != "i"}
    return replace(context, variables=variables)


def shapes_of(names: Iterable[str], inputs: Flow) -> dict[str, Any]:
    """The shapes of inputs by name, as expressions read them; `input` is always the first."""
    if inputs is None:
        return {name: UnknownShape() for name in names if name not in VIEWS}
    return {name: ShapeView(value.shape) for name, value in zip(names, inputs, strict=False) if name not in VIEWS}


def with_views(variables: Mapping[str, Any], flow: Flow, inputs: Flow) -> dict[str, Any]:
    """Variables together with `x` and `input`."""
    views = dict(variables)
    if flow:
        views["x"] = ShapeView(flow[0].shape)
    if inputs:
        views["input"] = ShapeView(inputs[0].shape)
    return views


def bad_part(name: str) -> str | None:
    """The part of a (dotted) module name that torch or Python refuses; None if there is none."""
    for part in name.split("."):
        plain = is_identifier(part) and part not in REFUSED_NAMES
        if not plain and not (part.isdecimal() and part.isascii()):
            return part or "."
    return None


def module_path(kind: str, context: Context, name: str | None) -> str:
    """The path of a new module in the context's level.

    Args:
        kind: Its layer, block or structure; automatic names are counted by kind.
        context: Its context.
        name: Its given name, or None.
    """
    if name is None:
        name = context.level.next_name(kind)
    else:
        context.level.named(kind)
    return context.level.join(name)


def enter(
    el: Elaborator, entry: Entry, context: Context, flow: Flow, name: str | None, kind: ScopeKind, *, level: bool
) -> tuple[Scope, Context]:
    """The scope of a structure and the context inside it; a level makes a new module."""
    outer = context.level
    if not level:
        scope = Scope(kind, outer.path, False, entry.operation, source=Origin(entry, context.variables, flow))
        return scope, context
    path = module_path(entry.operation, context, name)
    el.modules.take(path, entry, context)
    scope = Scope(kind, path, True, entry.operation, source=Origin(entry, context.variables, flow))
    inside = Level(path, "sequence" if kind == "sequence" else "rounds" if kind == "repeat" else "layers")
    names = Names(context.names)
    scope.source.inner = names.own
    el.levels[path] = (entry, context)
    return scope, replace(context, level=inside, names=names)
