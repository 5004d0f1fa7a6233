"""A merged text as a checked document: its inputs, parameters, blocks and entries.

All that can be known without values is checked here, for every entry, also of blocks nobody calls:
names of layers and blocks, names of options, options that are missing.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from netspec.diagnostics import Code, did_you_mean
from netspec.frontend.entries import Entry, read_entries
from netspec.frontend.inherit import Merged
from netspec.frontend.problems import Report, form_errors, kind_of
from netspec.frontend.schema import (
    COMMON_KEYS,
    PARAMETER_TYPES,
    STRUCTURES,
    BlockForm,
    DocumentForm,
    InputForm,
)
from netspec.frontend.source import Path_
from netspec.layers import registry

REQUIRED = object()
"""The default of a parameter that must be given."""

VIEWS = ("x", "input")
"""Names an expression has for what flows; no parameter may bear one."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a block or of the network: its type's name, and its default as written."""

    name: str
    type: str
    nullable: bool
    default: Any
    path: Path_


@dataclass(frozen=True, slots=True)
class Body:
    """A list of entries and whether it is a `sequence`."""

    entries: tuple[Entry, ...]
    sequence: bool
    path: Path_


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """A block. `outputs` maps names to entries of its body, and is None where the last entry is the output."""

    name: str
    doc: str
    params: Mapping[str, Parameter]
    let: Mapping[str, Any]
    inputs: tuple[str, ...]
    outputs: Mapping[str, str] | None
    body: Body
    path: Path_


@dataclass(frozen=True, eq=False)
class Document:
    """A checked spec."""

    name: str
    doc: str
    references: tuple[str, ...]
    params: Mapping[str, Parameter]
    let: Mapping[str, Any]
    inputs: Mapping[str, InputForm]
    blocks: Mapping[str, Block]
    body: Body
    outputs: Mapping[str, str] | None
    weights: Mapping[str, Any]
    budget: Mapping[str, Any]
    train: Mapping[str, Any] | None
    places: Merged = field(repr=False)


def read_document(merged: Merged, report: Report) -> Document | None:
    """The document of a merged text; None where its form is so wrong that nothing follows. Errors go to `report`."""
    for text in merged.sources:
        report.diagnostics.extend(text.diagnostics)
    form = _form(merged, report)
    if form is None:
        return None
    reader = _Reader(form, report)
    blocks = {name: reader.block(name, block) for name, block in form.blocks.items()}
    _refuse_recursion(blocks, report)
    return Document(
        name=form.name,
        doc=(form.doc or "").strip(),
        references=form.references,
        params=reader.parameters(form.params, ("params",)),
        let=reader.names(form.let, ("let",)),
        inputs=reader.inputs(),
        blocks=blocks,
        body=reader.body(form, ()),
        outputs=form.outputs,
        weights=form.weights,
        budget=form.budget,
        train=form.train,
        places=merged,
    )


def _form(merged: Merged, report: Report) -> DocumentForm | None:
    data = merged.data
    for _ in range(len(data) + 2):
        try:
            return DocumentForm.model_validate(data)
        except ValidationError as error:
            problems = form_errors(error, DocumentForm, ())
            report.extend(problems)
            # Read on without what is wrong, so that the rest is checked in the same run.
            data = _without(data, [p.location for p in problems if p.code is not Code.MISSING_KEY])
            for missing in (p for p in problems if p.code is Code.MISSING_KEY and p.location == ()):
                key = missing.message.split("`")[1]
                data = {**data, key: 1 if key == "netspec" else "network"}
            if data.get("netspec") != 1:
                data = {**data, "netspec": 1}
            if "name" not in data:
                data = {**data, "name": "network"}
    return None


def _without(data: dict[str, Any], paths: list[Path_]) -> dict[str, Any]:
    result = dict(data)
    for path in paths:
        here: Any = result
        for key in path[:-1]:
            if isinstance(here, dict) and isinstance(here.get(key), dict):
                here[key] = dict(here[key])
                here = here[key]
            else:
                break
        else:
            if path and isinstance(here, dict):
                here.pop(path[-1], None)
                continue
        if path:
            result.pop(str(path[0]), None)
    return result


class _Reader:
    """Reads the parts of one document."""

    def __init__(self, form: DocumentForm, report: Report) -> None:
        self.form = form
        self.report = report
        self.layers = registry()
        self.signatures = {name: tuple(block.params) for name, block in form.blocks.items()}
        if not form.name.replace("-", "_").isidentifier():
            report.add(
                Code.BAD_NAME,
                f"`{form.name}` cannot name a network",
                ("name",),
                expected="letters, digits and `_`, not starting with a digit",
            )

    def name(self, name: str, path: Path_, what: str) -> bool:
        """Whether `name` can be a name in expressions and in Python; reports it where not."""
        if name.isidentifier() and not keyword.iskeyword(name) and name not in VIEWS and not name.startswith("__"):
            return True
        reason = "`x` and `input` mean what flows" if name in VIEWS else "letters, digits and `_`, and no Python keyword"
        self.report.add(Code.BAD_NAME, f"`{name}` cannot name {what}", path, key=True, expected=reason)
        return False

    def names(self, data: Mapping[str, Any], path: Path_) -> dict[str, Any]:
        return {key: value for key, value in data.items() if self.name(key, (*path, key), "a value")}

    def parameters(self, data: Mapping[str, Any], path: Path_, block: bool = False) -> dict[str, Parameter]:
        found = {}
        for name, written in data.items():
            here = (*path, name)
            if not self.name(name, here, "a parameter"):
                continue
            if block and (name in COMMON_KEYS or name in STRUCTURES):
                self.report.add(
                    Code.BAD_NAME,
                    f"a block's parameter cannot be called `{name}`",
                    here,
                    key=True,
                    help="every entry has an option of that name",
                )
                continue
            base = written.removesuffix("?") if isinstance(written, str) else None
            if base in PARAMETER_TYPES:
                nullable = base == "any" or written != base
                found[name] = Parameter(name, str(base), nullable, REQUIRED, here)
            else:
                found[name] = Parameter(name, _type_name(written), written is None, written, here)
        return found

    def inputs(self) -> dict[str, InputForm]:
        form, report = self.form, self.report
        if form.input is not None and form.inputs is not None:
            report.add(Code.CONFLICTING_KEYS, "`input` and `inputs` exclude each other", ("inputs",), key=True)
        if form.inputs is not None:
            return {
                name: each
                for name, each in form.inputs.items()
                if name == "input" or self.name(name, ("inputs", name), "an input")
            }
        if form.input is None:
            report.add(
                Code.MISSING_KEY,
                "`input` is missing",
                (),
                expected="the shape without the batch, such as [3, 224, 224]",
            )
            return {}
        return {"input": form.input}

    def body(self, form: DocumentForm | BlockForm, path: Path_) -> Body:
        report = self.report
        if form.layers is not None and form.sequence is not None:
            report.add(
                Code.CONFLICTING_KEYS, "`layers` and `sequence` exclude each other", (*path, "sequence"), key=True
            )
        sequence = form.sequence is not None and form.layers is None
        where = (*path, "sequence" if sequence else "layers")
        data = form.sequence if sequence else form.layers
        if data is None:
            report.add(Code.MISSING_KEY, "there are no `layers`", path, expected="`layers: [...]` or `sequence: [...]`")
        return Body(read_entries(data, where, report, self.check), sequence, where)

    def block(self, name: str, form: BlockForm) -> Block:
        path: Path_ = ("blocks", name)
        self.name(name, path, "a block")
        if name in self.layers or name in STRUCTURES or name in COMMON_KEYS or name == "reuse":
            self.report.add(Code.BAD_NAME, f"`{name}` is already a layer's name", path, key=True)
        outputs = {o: o for o in form.outputs} if isinstance(form.outputs, tuple) else form.outputs
        return Block(
            name,
            (form.doc or "").strip(),
            self.parameters(form.params, (*path, "params"), block=True),
            self.names(form.let, (*path, "let")),
            tuple(form.inputs or ("input",)),
            outputs,
            self.body(form, path),
            path,
        )

    def check(self, entry: Entry) -> bool:
        """Whether an entry's operation and its options' names are known; reports what is not."""
        operation = entry.operation
        activation = entry.common.activation
        sound = self.activation(activation, entry) if activation is not None else True
        if "$" in operation or operation in STRUCTURES:
            return sound
        if operation == "reuse":
            return sound and self.options(entry, ["reuse"], "reuse", ["reuse"], has_main=True)
        if operation in self.signatures:
            params = list(self.signatures[operation])
            written = self.form.blocks[operation].params
            needed = [p for p in params if isinstance(written[p], str) and written[p] in PARAMETER_TYPES]
            main = params[0] if params else None
            return self.options(entry, params, main, needed, has_main=bool(params)) and sound
        layer = self.layers.get(operation)
        if layer is not None:
            fields = layer.model_fields
            needed = [name for name, each in fields.items() if each.is_required()]
            return self.options(entry, list(fields), layer.main, needed, has_main=layer.main is not None) and sound
        known = [*self.layers, *self.signatures, *STRUCTURES, "reuse"]
        self.report.add(
            Code.UNKNOWN_LAYER,
            f"there is no layer or block `{operation}`",
            (*entry.path, operation),
            key=True,
            help=did_you_mean(operation, known) or "`netspec layers` lists them all",
        )
        return False

    def options(self, entry: Entry, known: list[str], main: str | None, needed: list[str], *, has_main: bool) -> bool:
        sound = True
        for key in entry.options:
            if key not in known or (key == main and entry.main is not None):
                twice = key == main
                self.report.add(
                    Code.CONFLICTING_KEYS if twice else Code.UNKNOWN_OPTION,
                    f"`{entry.operation}` is given `{key}` twice"
                    if twice
                    else f"`{entry.operation}` has no option `{key}`",
                    (*entry.path, key),
                    key=True,
                    expected=None if twice else f"one of {', '.join(known)}" if known else "no options",
                    help=None if twice else did_you_mean(key, [*known, *COMMON_KEYS]),
                )
                sound = False
        if entry.main is not None and not has_main:
            self.report.add(
                Code.BAD_ENTRY,
                f"`{entry.operation}` takes no main argument",
                (*entry.path, entry.operation),
                found=kind_of(entry.main),
                help=f"write `- {entry.operation}`, and options as keys of their own",
            )
            sound = False
        for name in needed:
            if name not in entry.options and not (name == main and entry.main is not None):
                form = f"{{{entry.operation}: ...}}" if name == main else f"`{name}: ...`"
                self.report.add(
                    Code.MISSING_OPTION,
                    f"`{entry.operation}` needs `{name}`",
                    entry.path if isinstance(entry.path[-1], int) else (*entry.path,),
                    help=f"write {form}",
                )
                sound = False
        return sound

    def activation(self, written: Any, entry: Entry) -> bool:
        """Whether `activation` names a layer without weights, or is an expression."""
        path = (*entry.path, "activation")
        operation = next(iter(written), None) if isinstance(written, dict) else written
        if isinstance(operation, str) and "$" in operation:
            return True
        layer = self.layers.get(operation) if isinstance(operation, str) else None
        if layer is not None and layer.function is not None:
            return True
        known = [name for name, each in self.layers.items() if each.function is not None]
        self.report.add(
            Code.BAD_OPTION,
            "`activation` names a layer without weights that computes on each element",
            path,
            found=kind_of(operation),
            help=did_you_mean(str(operation), known),
        )
        return False


def _type_name(default: Any) -> str:
    if isinstance(default, str) and default.startswith("$"):
        return "any"
    for kind, name in ((bool, "bool"), (int, "int"), (float, "float"), (str, "str"), (list, "list")):
        if isinstance(default, kind):
            return name
    return "any"


def walk(entries: tuple[Entry, ...]) -> Iterator[Entry]:
    """Entries and all that stand inside them."""
    pending = list(reversed(entries))
    while pending:
        entry = pending.pop()
        yield entry
        inner = [*entry.body, *entry.shortcut, *(e for branch in entry.branches for e in branch.entries)]
        pending.extend(reversed(inner))


def _refuse_recursion(blocks: dict[str, Block], report: Report) -> None:
    calls = {name: {e.operation for e in walk(block.body.entries)} & set(blocks) for name, block in blocks.items()}
    done: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            chain = " -> ".join((*above[above.index(name) :], name))
            report.add(Code.RECURSIVE_BLOCK, f"blocks cannot call themselves: {chain}", ("blocks", name), key=True)
            blocks.pop(name, None)
            return
        if name in done:
            return
        for called in sorted(calls[name]):
            visit(called, (*above, name))
        done.add(name)

    for name in list(blocks):
        visit(name, ())
