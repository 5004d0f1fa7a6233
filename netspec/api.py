"""The driver: one short function per stage."""

from __future__ import annotations

import hashlib
import importlib
import json
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Code, Diagnostic, Fix, NetspecError
from netspec.frontend import source
from netspec.frontend.document import Document, read_document
from netspec.frontend.elaborate import elaborate as _elaborate
from netspec.frontend.inherit import Merged, apply_settings, inherit, with_section
from netspec.frontend.pause import collection_paused
from netspec.frontend.problems import Report
from netspec.graph import Graph
from netspec.naming import network_class
from netspec.shape import Shape
from netspec.zoo import locate as locate
from netspec.zoo import locate_recipe as locate_recipe
from netspec.zoo import recipes as recipes
from netspec.zoo import zoo as zoo
from netspec.zoo import zoo_file
from netspec.zoo import zoo_text as zoo_text

if TYPE_CHECKING:
    import torch

    from netspec.analysis import Analysis
    from netspec.analysis.explanation import Explanation
    from netspec.analysis.footprint import OptimizerState
    from netspec.analysis.sizes import Sizes
    from netspec.diagnostics import Diagnostic
    from netspec.diff import Difference
    from netspec.frontend.weights import Weights
    from netspec.interop.load_report import LoadReport
    from netspec.interop.result import Verification
    from netspec.program import Program


APART = ("extends", "train", "budget", "weights")
"""Sections that say nothing of the network itself."""


@dataclass(frozen=True)
class Spec:
    """A read and checked spec. `settings` are the params and keys that were set over its own."""

    document: Document
    settings: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The network's name."""
        return self.document.name

    @property
    def text(self) -> str:
        """The spec as it was written, without what it extends."""
        return self.document.places.sources[0].text

    @cached_property
    def digest(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 of the spec with what it extends and what was set.

        Its comments and its layout do not count, nor its recipe and its budget.
        """
        data = {key: value for key, value in self.document.places.data.items() if key not in APART}
        text = json.dumps(data, ensure_ascii=False, default=str)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    @cached_property
    def graph(self) -> Graph:
        """The elaborated graph with the spec's own input shapes."""
        return _elaborated(self.document)


def load(
    spec: str | Path, settings: Mapping[str, Any] | None = None, recipe: str | Path | None = None, **params: Any
) -> Spec:
    """Read a spec and everything it extends, and check its form.

    Args:
        spec: A path, or the name of a network of the zoo, with or without ``.yaml``.
        settings: Params and dotted keys to set, as ``--set`` does.
        recipe: What takes the place of the section `train`: a file, or the name of a recipe that comes with netspec.
        params: The same, as keyword arguments.

    Raises:
        NetspecError: The file is not there or wrong; with every error that can be found.
    """
    file = locate(spec)
    shown = str(spec) if file == Path(spec) else file.name
    return _load(source.read(file, shown), file, {**(settings or {}), **params}, recipe)


def loads(
    text: str,
    settings: Mapping[str, Any] | None = None,
    name: str = "<text>",
    recipe: str | Path | None = None,
) -> Spec:
    """Read a spec from a text; it can extend networks of the zoo. For `settings` and `recipe` see `load`.

    Raises:
        NetspecError: The text is wrong; with every error that can be found.
    """
    return _load(source.parse(text, name), None, settings or {}, recipe)


def with_settings(spec: Spec, settings: Mapping[str, Any]) -> Spec:
    """A spec with more params and dotted keys set.

    Raises:
        NetspecError: A key names nothing in the spec, or a value does not fit.
    """
    if not settings:
        return spec
    return _checked(apply_settings(spec.document.places, settings), {**spec.settings, **settings})


def elaborate(spec: Spec, inputs: Mapping[str, Shape] | None = None) -> Graph:
    """The graph of a spec: everything unrolled, every shape inferred; `inputs` replaces input shapes.

    Raises:
        NetspecError: Something is wrong; `partial` is the graph up to there.
    """
    return _elaborated(spec.document, inputs) if inputs else spec.graph


def check(
    spec: str | Path,
    settings: Mapping[str, Any] | None = None,
    text: str | None = None,
    ignore: Collection[str] = (),
    optimizer: Callable[[Spec], OptimizerState | None] | None = None,
) -> list[Diagnostic]:
    """Every error of a spec, the last of its own text with fixes; of one that is right, what `review` tells.

    Args:
        spec: A path, or the name of a network of the zoo; where there is a `text`, only a name for it.
        settings: Params and dotted keys to set.
        text: The text, where it is not in a file.
        ignore: Names or codes of lints to leave out.
        optimizer: Gives what the optimizer of a spec remembers, for its budget of memory; plain SGD, unless given.

    Returns:
        What was found, in the order of the text; nothing where all is well.
    """
    try:
        loaded = load(spec, settings) if text is None else loads(text, settings, str(spec))
        return review(loaded, ignore, optimizer(loaded) if optimizer else None)
    except NetspecError as error:
        try:
            file = None if text is not None else locate(spec)
            own = source.text_of(file, str(spec)) if file is not None else str(text)
        except NetspecError:
            return error.diagnostics
        name = file.name if file is not None and file != Path(spec) else str(spec)
        return with_fixes(error.diagnostics, own, name, file, settings)


def with_fixes(
    errors: list[Diagnostic], text: str, name: str, file: Path | None, settings: Mapping[str, Any] | None = None
) -> list[Diagnostic]:
    """The errors of a text, the last of them with the small edits that would make it valid, each proven by trying.

    Args:
        errors: What is wrong.
        text: The text as it stands.
        name: Its name, as the errors give it.
        file: Where it is, for what it extends.
        settings: Params and dotted keys that are set.
    """
    from netspec.fixes import propose

    return propose(errors, text, name, lambda each: _load(source.parse(each, name), file, settings or {}).graph)


def apply_fix(file: str | Path, fix: Fix) -> None:
    """Write a fixed text in place of its file, whole or not at all.

    Raises:
        NetspecError: The file cannot be written, or is another than the fix was made for.
    """
    from netspec.files import write_atomic
    from netspec.fixes.text import apply

    path = Path(file)
    try:
        fixed = apply(source.text_of(path, str(file)), fix.edits)
    except ValueError:
        fixed = ""
    if fixed != fix.text:
        raise NetspecError.of(Code.FILE_UNWRITABLE, f"{file} has changed since it was checked", help="check it again")
    write_atomic(path, fix.text)


def analyze(spec: Spec) -> Analysis:
    """Parameters, operations, units, memory and receptive fields of every layer and of the whole.

    Raises:
        NetspecError: The spec is wrong.
    """
    from netspec.analysis import analyze as analysis_of

    return analysis_of(elaborate(spec))


def explain(
    spec: Spec, layers: Sequence[str] = (), inputs: Mapping[str, Shape] | None = None
) -> tuple[Explanation, ...]:
    """Where the figures of layers come from: formulas with the numbers put in.

    Args:
        spec: The network.
        layers: Paths of layers or of blocks; all layers if empty.
        inputs: Input shapes in place of the spec's own.

    Raises:
        NetspecError: The spec is wrong, or has no such layer.
    """
    from netspec.analysis import analyze as analysis_of
    from netspec.analysis.explanation import explain as explained
    from netspec.analysis.explanation import named

    graph = elaborate(spec, inputs)
    keys = dict.fromkeys(key for layer in layers for key in named(graph, layer)) if layers else graph.nodes
    analysis = analysis_of(graph)
    return tuple(explained(analysis, key) for key in keys)


def sizes(spec: Spec, window: range | None = None) -> tuple[Sizes, ...]:
    """Which input sizes the network takes, for each group of spatial axes that have one size.

    Args:
        spec: The network.
        window: Sizes to try one by one; the first that work and those around the spec's own if None.

    Raises:
        NetspecError: The spec is wrong.
    """
    from netspec.analysis.sizes import groups, legal_sizes

    graph = elaborate(spec)
    found = groups(graph.inputs.values())
    with collection_paused():
        return tuple(
            legal_sizes(lambda shapes: _attempt(spec.document, shapes), graph, group, window) for group in found
        )


def diff(before: Spec, after: Spec) -> Difference:
    """What changed from one network to another, and which weights carry over.

    Raises:
        NetspecError: One of the specs is wrong.
    """
    from netspec.diff import find_difference

    return find_difference((before.document, elaborate(before)), (after.document, elaborate(after)))


def review(spec: Spec, ignore: Collection[str] = (), optimizer: OptimizerState | None = None) -> list[Diagnostic]:
    """What there is to say of a network that is right: limits of its budget that it breaks, and warnings of lints.

    Args:
        spec: A loaded spec.
        ignore: Names or codes of lints to leave out, such as ``bias-before-norm`` or ``NS2001``.
        optimizer: What it remembers counts for a budget of memory; plain SGD, which remembers nothing, unless given.

    Raises:
        NetspecError: The spec is wrong.
    """
    from netspec.analysis.budget import over_budget
    from netspec.analysis.footprint import PLAIN_SGD
    from netspec.lints import find_lints
    from netspec.lints.network import Network

    analysis = analyze(spec)
    broken = over_budget(analysis, spec.document.budget, spec.document.places.span, optimizer or PLAIN_SGD)
    return [*broken, *find_lints(Network(analysis, spec.document.train), ignore)]


def lower(spec: Spec) -> Program:
    """The program of a spec, proven equal to its graph.

    Raises:
        NetspecError: The spec is wrong.
    """
    from netspec.lowering import lower as lowered

    return lowered(spec.document, elaborate(spec))


def generate(spec: Spec) -> str:
    """The network as standalone Python source; torch is its only import.

    Raises:
        NetspecError: The spec is wrong.
    """
    return _source(spec, elaborate(spec))


def out_of_step(spec: Spec, file: Path) -> str:
    """How a built file differs from what its spec generates today, as a unified diff; empty where it does not.

    Raises:
        NetspecError: The spec is wrong, or the file cannot be read.
    """
    from netspec.backends import step

    return step.out_of_step(file, generate(spec))


def compile(
    spec: Spec | str | Path,
    device: str | torch.device | None = None,
    *,
    weights: str | Path | None = None,
    partial: bool = False,
    **params: Any,
) -> torch.nn.Module:
    """The network as a live torch module: the generated source, compiled in memory.

    Args:
        spec: A loaded spec, or what `load` takes.
        device: Where its weights are made; torch's default device if None.
        weights: Trained weights, as `load_weights` takes them; without them, they are drawn as the spec says.
        partial: Whether to load what fits of them; what does not is told by a warning.
        params: Params and keys to set, as `load` does.

    Raises:
        NetspecError: The spec is wrong, torch is not installed, or the weights do not fit.
    """
    loaded = _loaded(spec, params)
    text = generate(loaded)
    _require_torch()
    from netspec.backends.live import build

    network = build(text, network_class(loaded.name), device)
    if weights is not None:
        report = load_weights(network, weights, loaded, partial=partial)
        if not report.complete:
            warnings.warn(str(report), stacklevel=2)
    return network


def load_weights(
    network: torch.nn.Module,
    weights: str | Path,
    spec: Spec | None = None,
    *,
    partial: bool = False,
    fresh: Collection[str] = (),
) -> LoadReport:
    """Load trained weights into a network, and list what became of each tensor.

    Args:
        network: A compiled spec, or any module; its tensors keep their device and type.
        weights: A file, ``.safetensors`` or ``.pt``, the folder of a training run, ``torchvision:NAME``,
            ``torchvision:NAME/WEIGHTS``, ``timm:NAME``, or ``default`` for the source that the spec names.
        spec: Says what other authors call the tensors, under `weights`.
        partial: Whether to load what fits though something does not.
        fresh: Modules and tensors of the network that stay as they are, such as a new head: names, or patterns such as
            ``*.bias``. What the file has in their place is left out; all else has to fit.

    Raises:
        NetspecError: NS0604: something does not fit; then nothing was loaded, and the error's `partial` is the
            `LoadReport`. NS0902, NS0907, NS0908: there are no such weights, or they cannot be read or fetched.
    """
    _require_torch()
    from netspec.frontend.weights import Weights
    from netspec.interop.loading import load as load_into
    from netspec.interop.weight_files import read_weights

    section = spec.document.weights if spec else Weights()
    return load_into(network, read_weights(weights_source(weights, section)), section, partial=partial, fresh=fresh)


def weights_source(weights: str | Path, section: Weights) -> str | Path:
    """Where weights are from: ``default`` is the source that the spec names.

    Raises:
        NetspecError: NS0605: it names none.
    """
    if weights != "default":
        return weights
    if section.source is None:
        raise NetspecError.of(
            Code.BAD_WEIGHTS, "the spec does not say where its weights are", expected="`source` under `weights`"
        )
    return section.source


def verify(
    spec: Spec | str | Path,
    against: str | None = None,
    *,
    weights: str | Path | None = None,
    options: Mapping[str, Any] | None = None,
    inputs: Mapping[str, Shape] | None = None,
    seed: int = 0,
    batch: int = 2,
    tolerance: float = 1e-5,
    **params: Any,
) -> Verification:
    """Compare a network with a reference: counts, tensors, outputs and gradients under the same random weights.

    Args:
        spec: A loaded spec, or what `load` takes.
        against: ``torchvision:NAME``, ``timm:NAME`` or ``FILE.py:CALLABLE``; None for the source of the spec's weights.
        weights: Trained weights to compare with, as `load_weights` takes them; None draws them.
        options: Keyword arguments for what makes the reference.
        inputs: Input shapes in place of the spec's own.
        seed: Of the weights and the inputs.
        batch: Examples in the input.
        tolerance: Relative difference up to which tensors are close.
        params: Params and keys to set, as `load` does.

    Raises:
        NetspecError: The spec is wrong, torch is not installed, or the reference fails.
    """
    loaded = _loaded(spec, params)
    reference = loaded.document.weights.source if against is None else against
    if reference is None:
        raise NetspecError.of(
            Code.REFERENCE_FAILED,
            f"`{loaded.name}` does not say what it is to be compared with",
            expected="a reference, or `source` under the spec's `weights`",
        )
    graph = elaborate(loaded, inputs)
    text = _source(loaded, graph)
    _require_torch()
    from netspec.analysis import analyze as analysis_of
    from netspec.backends.live import build
    from netspec.interop.randomness import without_weights
    from netspec.interop.reference import make_reference
    from netspec.interop.verify import Settings, Subject
    from netspec.interop.verify import verify as verified

    module = without_weights(lambda: build(text, network_class(loaded.name)))
    subject = Subject(module, analysis_of(graph), loaded.document.weights)
    if weights is not None:
        load_weights(module, weights, loaded)
    settings = Settings(seed, batch, tolerance, trained=weights is not None)
    return verified(subject, make_reference(reference, options), reference, settings)


def schema() -> dict[str, Any]:
    """The JSON Schema of the language, for editors."""
    from netspec.frontend.json_schema import json_schema

    return json_schema()


def _loaded(spec: Spec | str | Path, params: Mapping[str, Any]) -> Spec:
    return with_settings(spec, params) if isinstance(spec, Spec) else load(spec, **params)


def _source(spec: Spec, graph: Graph) -> str:
    from netspec.backends.source import render
    from netspec.lowering import lower as lowered

    return render(lowered(spec.document, graph), graph, spec.digest)


def _require_torch() -> None:
    try:
        importlib.import_module("torch")
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise NetspecError.of(
            Code.TORCH_MISSING, "torch is not installed", help="pip install 'netspec[torch]'"
        ) from None


def _load(
    text: source.Source, file: Path | None, settings: Mapping[str, Any], recipe: str | Path | None = None
) -> Spec:
    with collection_paused():
        merged = inherit(text, file, zoo_file)
        if recipe is not None:
            merged = with_section(merged, "train", _recipe_file(recipe))
        merged = apply_settings(merged, settings)
    return _checked(merged, settings)


def _recipe_file(recipe: str | Path) -> source.Source:
    file = locate_recipe(recipe)
    try:
        return source.read(file, str(recipe) if file == Path(recipe) else file.name)
    except NetspecError as error:
        message, expected = "a recipe is a mapping of keys to values", "data, loss, optimizer, ..."
        changes: dict[str, Any] = {"code": Code.BAD_RECIPE, "message": message, "expected": expected, "help": None}
        found = [replace(d, **changes) if d.code is Code.NOT_A_MAPPING else d for d in error.diagnostics]
        raise NetspecError(found) from None


def _checked(merged: Merged, settings: Mapping[str, Any]) -> Spec:
    with collection_paused():
        report = Report(merged)
        document = read_document(merged, report)
    if report.diagnostics and document is not None:
        _elaborated(document, report=report)  # so that the other errors of the file are told as well
    report.check()
    assert document is not None
    return Spec(document, dict(settings))


def _elaborated(document: Document, inputs: Mapping[str, Shape] | None = None, report: Report | None = None) -> Graph:
    with collection_paused():
        if report:
            return _elaborate(document, report, inputs)
        try:
            return _attempt(document, inputs)
        except NetspecError as error:
            _tell_smallest_input(document, inputs, error)
            raise


def _attempt(document: Document, inputs: Mapping[str, Shape] | None = None) -> Graph:
    return _elaborate(document, Report(document.places), inputs)


def _tell_smallest_input(document: Document, inputs: Mapping[str, Shape] | None, error: NetspecError) -> None:
    """Add to an error of an input that is too small which is the smallest that works."""
    if not isinstance(error.partial, Graph):
        return
    from netspec.analysis.sizes import TOO_SMALL, with_smallest_input

    if any(diagnostic.code not in TOO_SMALL for diagnostic in error.diagnostics):
        return
    own = None
    if inputs:
        with suppress(NetspecError):
            own = _attempt(document)
    shapes = {name: each.shape for name, each in error.partial.inputs.items()}
    with_smallest_input(error, lambda sizes: _attempt(document, sizes), shapes, own)
