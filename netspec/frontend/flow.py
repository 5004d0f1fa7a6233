"""Flow: the inputs of entries, the meanings of names, and the outputs of the network."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Code, Related, unknown
from netspec.diagnostics.facts import Kind, RefusedName, WrongType
from netspec.diagnostics.tensor_facts import WrongRank
from netspec.expr import Identifier
from netspec.frontend.context import REFUSED_NAMES, SEQUENCE_NAMES, Context, Flow, Names, bad_part
from netspec.frontend.counting import MANY
from netspec.frontend.entries import Entry
from netspec.frontend.problems import Failed, kind_of
from netspec.frontend.schema import InputForm
from netspec.frontend.source import Path_
from netspec.frontend.written import Written
from netspec.graph import Input, Value
from netspec.layers.checks import holdable
from netspec.shape import Shape, spell, times

if TYPE_CHECKING:
    from netspec.frontend.elaborate import Elaborator

_OF_OTHERS = re.compile(r"[A-Za-z0-9_-]+")
"""Names that other authors give to modules; a `-` is in no name of ours."""

_SHOWN = 12
"""The largest number of similar names that a message lists."""


def incoming(el: Elaborator, entry: Entry, context: Context, flow: Flow) -> Flow:
    """The inputs of an entry: the references in its `from`, or the output of the entry before."""
    if entry.common.from_ is None:
        return flow
    found: list[Flow] = []
    for index, written in enumerate(entry.common.from_):
        with suppress(Failed):
            found.append(reference(el, written, context, from_place(el, entry, index)))
    if len(found) < len(entry.common.from_):
        raise Failed
    return None if None in found else tuple(value for values in found if values for value in values)


def from_place(el: Elaborator, entry: Entry, index: int) -> Path_:
    """The place of the reference number `index` of an entry: in `from`, or as ``{add: [A, B]}``."""
    has = el.report.places.has
    base = (*entry.path, "from" if has((*entry.path, "from")) else entry.operation)
    return (*base, index) if has((*base, index)) else base


def reference(el: Elaborator, written: str | Written, context: Context, path: Path_) -> Flow:
    """The tensors that a reference in an entry names; an expression in it gives a name, or a list of names.

    Raises:
        Failed: The reference names nothing.
    """
    named = el.value(written, path, context.variables, None, context.inputs)
    found: list[Value] = []
    for each in named if isinstance(named, (tuple, list)) else (named,):
        name = str(each)
        bound = context.names.find(name)
        if bound is None:
            raise unknown_name(el, name, context.names, path)
        if bound.flow is None:
            return None
        el.count(path, met=len(bound.flow) // MANY)  # before a layer takes them
        found += bound.flow
    return tuple(found)


def unknown_name(el: Elaborator, name: str, names: Names, path: Path_) -> Failed:
    """The failure of a reference that names nothing, reported."""
    visible = list(dict.fromkeys(islice(names.visible(), 1000)))
    shown = ", ".join(visible[:_SHOWN]) + (", ..." if len(visible) > _SHOWN else "")
    automatic = any(node.rpartition(".")[2] == name for node in islice(el.nodes, 1000))
    fact = el.report.unknown(name, () if automatic else visible)
    help = None
    if automatic:
        help = f"`{name}` is an automatic name; write `name: {name}` at that entry to take from it"
    elif not fact.meant:
        help = "only entries given a `name`, earlier in this or an enclosing list, can be taken from"
    return el.report.failure(
        Code.UNKNOWN_REFERENCE,
        f"no entry called `{name}` stands before this one",
        path,
        expected=f"one of {shown}" if visible else "an entry with a `name`",
        help=help,
        fact=fact,
    )


def module_name(el: Elaborator, entry: Entry, context: Context, flow: Flow) -> str:
    """The value of an entry's `name`."""
    path = (*entry.path, "name")
    name = el.value(entry.common.name, path, context.variables, flow, context.inputs)
    if type(name) is int and name >= 0:  # as a written number
        name = str(name)
    bad = bad_part(name) if isinstance(name, str) and name else str(name)
    if bad is None and context.level.kind == "sequence" and name in SEQUENCE_NAMES:
        bad = str(name)
    if bad is not None:
        taken = bad in REFUSED_NAMES or bad in SEQUENCE_NAMES
        form = "letters, digits and `_`, no word of Python's; parts joined by dots open levels"
        help = "torch.nn.Module has an attribute of that name" if taken else None
        if "-" in bad and _OF_OTHERS.fullmatch(bad):
            help = f"where others call it so, a line under `weights.names` maps it: `{bad}: {Identifier.near(bad)}`"
        fact = RefusedName(bad, "a module")
        raise el.report.failure(Code.BAD_NAME, "", path, expected=None if taken else form, help=help, fact=fact)
    return str(name)


def network_inputs(el: Elaborator, variables: Mapping[str, Any], overrides: Mapping[str, Shape]) -> dict[str, Input]:
    """The network's inputs with their shapes computed, without invalid ones."""
    form = el.document.inputs
    for name in overrides:
        if name not in form:
            fact = unknown(name, form, listed=form)
            el.report.add(Code.UNKNOWN_SETTING, f"the network has no input `{name}`", (), fact=fact)
    found = {}
    for name, each in form.items():
        with suppress(Failed):
            found[name] = _network_input(el, name, each, variables, overrides.get(name))
    return found


def _network_input(
    el: Elaborator, name: str, form: InputForm, variables: Mapping[str, Any], given: Shape | None
) -> Input:
    """An input of the network; `given` replaces its shape.

    Raises:
        Failed: It is invalid.
    """
    path: Path_ = ("inputs", name) if el.report.places.has(("inputs", name)) else ("input",)
    own = el.value(list(form.shape), path, variables)
    shape = own if given is None else given
    if len(shape) != len(own):
        raise _other_rank(el, name, shape, own, path)
    if not all(isinstance(s, int) and not isinstance(s, bool) and s > 0 for s in shape):
        raise el.report.failure(
            Code.WRONG_TYPE,
            "a shape is a list of positive integers",
            path,
            found=kind_of(tuple(shape)),
            fact=WrongType(str(path[-1]), (Kind("shape"),)),
            expected="sizes without the batch, such as [3, 224, 224]",
        )
    if (excess := holdable(shape)) is not None:
        raise el.report.failure(Code.TOO_LARGE, "the input is larger than torch can hold", path, found=excess)
    axes = tuple(a + len(shape) if a < 0 else a for a in form.dynamic)
    if any(not 0 <= a < len(shape) for a in axes):
        raise el.report.failure(
            Code.BAD_AXIS,
            "`dynamic` names an axis that the shape does not have",
            (*path, "dynamic"),
            found=kind_of(form.dynamic),
            expected=f"axes from {-len(shape)} to {len(shape) - 1}; the batch is always dynamic",
        )
    return Input(name, tuple(shape), form.dtype, axes, el.report.span(path))


def _other_rank(el: Elaborator, name: str, given: Shape, own: Shape, path: Path_) -> Failed:
    """The failure of a given input shape whose number of axes differs from the spec's, reported."""
    inner = given[1:]
    batch = len(inner) == len(own) and f"a shape is written without the batch: `{times(inner)}`"
    return el.report.failure(
        Code.OTHER_RANK,
        f"the input `{name}` has {len(own)} {'axis' if len(own) == 1 else 'axes'}, and is given {len(given)}",
        path,
        found=spell(given),
        expected=f"other sizes for {spell(own)}",
        help=batch or "a network of other axes is another spec: change its `input`",
        fact=WrongRank(len(given), len(own), len(own)),
    )


def network_outputs(el: Elaborator, result: Flow, names: Names) -> dict[str, Value]:
    """The network's outputs: the declared ones, else the output of the last entry; of a detector, all that is left."""
    declared, body = el.document.outputs, el.document.body
    if not el.nodes and not el.report.diagnostics:
        el.report.add(Code.EMPTY_NETWORK, "the network has no layers", body.path, expected="at least one entry")
    if declared is not None:
        found = block_outputs(el, declared, names, ("outputs",))
        return {name: flow[0] for name, flow in found.items() if flow}
    if el.document.detector is not None:
        return _left_over(el, names)
    if result is None or (el.report.diagnostics and _told_in_vain(el)):
        return {}
    if len(result) != 1:
        el.report.add(
            Code.AMBIGUOUS_FLOW,
            f"{len(result)} values flow out of the network",
            body.path,
            expected="one value, or `outputs`",
            help="name them with `outputs: {name: entry, ...}`",
        )
        return {}
    return {"output": result[0]}


def _told_in_vain(el: Elaborator) -> bool:
    """Whether a section that says what flows out is written: where it could not be read, that is reported already."""
    return any(el.document.data.get(section) is not None for section in ("outputs", "detector"))


def _left_over(el: Elaborator, names: Names) -> dict[str, Value]:
    """The tensors of a detector's network that no entry takes, by their names: all that its parts give.

    They are what torchvision's machinery reads; the author need not name them again under `outputs`.
    """
    found: dict[tuple[str, int], tuple[str, Value]] = {}
    taken = {(value.key, value.index) for node in el.nodes.values() for value in node.inputs}
    for name, bound in names.own.items():
        for value in bound.flow if bound.flow is not None and len(bound.flow) == 1 else ():
            if (value.key, value.index) not in taken and value.key not in el.document.inputs:
                found.setdefault((value.key, value.index), (name, value))
    return dict(found.values())


def block_outputs(
    el: Elaborator, declared: Mapping[str, str], names: Names, path: Path_, calls: tuple[Related, ...] = ()
) -> dict[str, Flow]:
    """The tensors of each declared output of a block or of the network; None if they are not known.

    Args:
        el: The elaboration.
        declared: Output names, each with the name of an entry.
        names: Names of the body.
        path: The place of the declaration.
        calls: The chain of block calls up to here.
    """
    found: dict[str, Flow] = {}
    for index, (name, written) in enumerate(declared.items()):
        here = (*path, name) if el.report.places.has((*path, name)) else (*path, index)
        bound = names.find(written)
        if bound is None:
            unknown_name(el, written, names, here)
        elif bound.flow is not None and len(bound.flow) != 1:
            el.report.add(
                Code.AMBIGUOUS_FLOW,
                f"`{written}` stands for {len(bound.flow)} values, an output is one",
                here,
                help="name the branches and give each as an output of its own",
                related=calls,
            )
            bound = None
        found[name] = bound.flow if bound else None
    return found
