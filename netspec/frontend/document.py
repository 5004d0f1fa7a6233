"""A merged text as a checked document: its inputs, parameters, blocks and entries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from netspec.diagnostics import Code
from netspec.diagnostics.facts import Conflict, Missing, RefusedName
from netspec.expr import is_identifier
from netspec.frontend.check import Check
from netspec.frontend.defaults import declared_defaults
from netspec.frontend.document_form import read_form
from netspec.frontend.entries import Entry, EntryReader, walk
from netspec.frontend.inherit import Merged
from netspec.frontend.parameters import (
    OUTPUT,
    PLAIN,
    VIEWS,
    Parameter,
    declared,
    names_output,
    wrong_declaration,
    wrong_name,
)
from netspec.frontend.problems import Report
from netspec.frontend.readable import read_document_expressions
from netspec.frontend.schema import MEASURES, BlockForm, DocumentForm, InputForm, ResultForm
from netspec.frontend.source import Path_
from netspec.frontend.taken_names import check_block_name, check_parameter_name
from netspec.frontend.unread import refuse_misspelt_params
from netspec.frontend.weights import Weights, read_weights
from netspec.objects.immutable import immutable, unique

MAX_CALL_DEPTH = 64
"""The length to which chains of calls are followed in the search for a cycle."""


@immutable
class Body:
    """A list of entries and whether it is a `sequence`."""

    entries: tuple[Entry, ...]
    sequence: bool
    path: Path_


@unique
class Block:
    """A block. `outputs` maps names to entries of its body; None if the last entry is the output."""

    name: str
    doc: str
    params: Mapping[str, Parameter]
    let: Mapping[str, Any]
    defaults: Mapping[str, Mapping[str, Any]]
    inputs: tuple[str, ...]
    outputs: Mapping[str, str] | None
    body: Body
    path: Path_


@unique
class Document:
    """A checked spec.

    `data` is the source data, with expressions parsed. `broken` holds the names of blocks that call themselves or have
    a wrong form, and `unread` those of inputs of a wrong form: what flows from them is not known. `max_entries` limits
    the unrolled entries; `inference` leaves side branches out.
    """

    name: str
    doc: str
    references: tuple[str, ...]
    params: Mapping[str, Parameter]
    let: Mapping[str, Any]
    defaults: Mapping[str, Mapping[str, Any]]
    inputs: Mapping[str, InputForm]
    blocks: Mapping[str, Block]
    body: Body
    outputs: Mapping[str, str] | None
    detector: Entry | None
    weights: Weights
    budget: Mapping[Any, Any]
    results: Mapping[str, ResultForm]
    train: Mapping[str, Any] | None
    places: Merged = field(repr=False)
    data: Mapping[str, Any] = field(repr=False)
    broken: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()
    max_entries: int | None = None
    inference: bool = False


def read_document(merged: Merged, report: Report, max_entries: int | None = None) -> Document | None:
    """The document of a merged text; None if its form is too wrong to continue. Errors go to `report`."""
    for text in merged.sources:
        report.diagnostics.extend(text.diagnostics)
    data = read_document_expressions(merged.data, report)
    written = read_form(data, report)
    if written is None:
        return None
    form = written.form
    broken = written.inside("blocks")
    reader = _Reader(form, data, report, broken)
    blocks = {name: reader.block(name, block) for name, block in form.blocks.items() if name not in broken}
    broken |= _refuse_recursion(blocks, report)
    document = Document(
        name=form.name,
        doc=(form.doc or "").strip(),
        references=form.references,
        params=reader.parameters(form.params, ("params",)),
        let=reader.names(form.let, ("let",)),
        defaults=reader.defaults(form.defaults, ("defaults",)),
        inputs=reader.inputs(),
        blocks=blocks,
        body=reader.body(form, ()),
        outputs=reader.outputs(form.outputs, ()),
        detector=_detector(form, report),
        weights=read_weights(form.weights, report),
        budget=form.budget,
        results=_results(form, data, report),
        train=form.train,
        places=merged,
        data=data,
        broken=broken,
        unread=written.inside("inputs") | {key for (key, *_) in written.left_out if key == "input"},
        max_entries=max_entries,
    )
    if not broken:  # what they read is not known
        refuse_misspelt_params(document, report)
    return document


def _detector(form: DocumentForm, report: Report) -> Entry | None:
    """What makes a detector of the network; None for other networks."""
    if form.detector is None:
        return None
    from netspec.frontend.detection import read_detector  # few networks are detectors

    return read_detector(form.detector, report)


def _results(form: DocumentForm, data: Mapping[str, Any], report: Report) -> Mapping[str, ResultForm]:
    """The published results; one without a figure is an error."""
    for name in form.results:
        if data["results"][name].keys() <= {"source"}:
            message = f"the result on `{name}` has no figure"
            report.add(Code.MISSING_KEY, message, ("results", name), expected=f"one of {', '.join(MEASURES)}")
    return form.results


class _Reader:
    """Reads the parts of one document."""

    def __init__(
        self, form: DocumentForm, data: Mapping[str, Any], report: Report, broken: frozenset[str] = frozenset()
    ) -> None:
        self.form = form
        self.report = report
        blocks = {name: declared(each.params, ("blocks", name, "params")) for name, each in form.blocks.items()}
        self.check = Check(blocks, report, frozenset(declared_defaults(data)), broken)
        self.entries = EntryReader(report, self.check)
        if not (form.name.isascii() and form.name.replace("-", "_").isidentifier()):
            expected = "letters, digits, `_` and `-`, not starting with a digit"
            report.add(Code.BAD_NAME, "", ("name",), expected=expected, fact=RefusedName(form.name, "a network"))

    def name(self, name: str, path: Path_, what: str) -> bool:
        """Whether `name` can be a name in expressions and in Python; reports it if not."""
        return self.report.extend(wrong_name(name, path, what))

    def names(self, data: Mapping[str, Any], path: Path_) -> dict[str, Any]:
        """A `let`, without invalid names."""
        return {key: value for key, value in data.items() if self.name(key, (*path, key), "a value")}

    def defaults(self, data: Mapping[str, Mapping[str, Any]], path: Path_) -> Mapping[str, Mapping[str, Any]]:
        """A `defaults`, without those of unknown layers, blocks and options."""
        return {name: each for name, each in data.items() if self.check.default(name, each, path)}

    def parameters(self, data: Mapping[str, Any], path: Path_, block: bool = False) -> dict[str, Parameter]:
        """Declared parameters, without those with invalid names."""
        named = {key: each for key, each in declared(data, path).items() if self.name(key, each.path, "a parameter")}
        for key, each in named.items():
            self.report.extend(wrong_declaration(key, data[key], each.path))
        return {
            key: each for key, each in named.items() if not block or check_parameter_name(key, each.path, self.report)
        }

    def inputs(self) -> Mapping[str, InputForm]:
        """The network's inputs by name."""
        form, report = self.form, self.report
        if form.input is not None and form.inputs is not None:
            report.add(Code.CONFLICTING_KEYS, "", ("inputs",), key=True, fact=Conflict(("input", "inputs")))
        if form.inputs is not None:
            for name in form.inputs:
                if name != "input":
                    self.name(name, ("inputs", name), "an input")
            return form.inputs
        if form.input is not None:
            return {"input": form.input}
        wrong = any(report.places.has((key,)) or report.suggests(key) for key in ("input", "inputs"))
        if not wrong:
            example = "the shape without the batch, such as [3, 224, 224]"
            report.add(Code.MISSING_KEY, "`input` is missing", (), expected=example, fact=Missing("input"))
        return {}

    def outputs(self, declared: Mapping[str, str] | None, path: Path_) -> Mapping[str, str] | None:
        """Declared outputs of the network or of a block, their names checked."""
        for name in declared or {}:
            if not names_output(name):
                place, fact = (*path, "outputs", name), RefusedName(name, "an output")
                self.report.add(Code.BAD_NAME, "", place, key=True, expected=OUTPUT, fact=fact)
        return declared

    def body(self, form: DocumentForm | BlockForm, path: Path_) -> Body:
        """The entries of the network or of a block."""
        report = self.report
        if form.layers is not None and form.sequence is not None:
            fact = Conflict(("layers", "sequence"))
            report.add(Code.CONFLICTING_KEYS, "", (*path, "sequence"), key=True, fact=fact)
        sequence = form.sequence is not None and form.layers is None
        where = (*path, "sequence" if sequence else "layers")
        data = form.sequence if sequence else form.layers
        if data is None and not report.suggests("layers"):
            message, help = "there are no `layers`", "add `layers: [...]`, or `sequence: [...]` for numbered ones"
            report.add(Code.MISSING_KEY, message, path, key=True, help=help, fact=Missing("layers"))
        return Body(self.entries.list(data, where, sequence=sequence), sequence, where)

    def block(self, name: str, form: BlockForm) -> Block:
        """A block with its body read."""
        path: Path_ = ("blocks", name)
        self.name(name, path, "a block")
        check_block_name(name, path, self.report)
        for index, each in enumerate(form.inputs or ()):
            if not is_identifier(each):
                fact = RefusedName(each, "an input")
                self.report.add(Code.BAD_NAME, "", (*path, "inputs", index), expected=PLAIN, fact=fact)
        outputs = self.outputs({o: o for o in form.outputs} if isinstance(form.outputs, tuple) else form.outputs, path)
        return Block(
            name,
            (form.doc or "").strip(),
            self.parameters(form.params, (*path, "params"), block=True),
            self.names(form.let, (*path, "let")),
            self.defaults(form.defaults, (*path, "defaults")),
            tuple(form.inputs or (VIEWS[1],)),
            outputs,
            self.body(form, path),
            path,
        )


def _refuse_recursion(blocks: dict[str, Block], report: Report) -> frozenset[str]:
    """Report blocks that call themselves, directly or not; returns the names of all blocks in a cycle."""
    calls = {name: {e.operation for e in walk(block.body.entries)} & set(blocks) for name, block in blocks.items()}
    done: set[str] = set()
    circles: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            chain = " -> ".join((*above[above.index(name) :], name))
            help = "a `repeat` calls a block several times in a row"
            message = f"blocks cannot call themselves: {chain}"
            report.add(Code.RECURSIVE_BLOCK, message, ("blocks", name), key=True, help=help)
            circles.update(above[above.index(name) :])
            return
        if len(above) > MAX_CALL_DEPTH:
            return  # calls that deep are refused when they are unrolled
        for called in sorted(calls[name] - done):
            visit(called, (*above, name))
        done.add(name)

    for name in blocks:
        visit(name, ())
    return frozenset(circles)
