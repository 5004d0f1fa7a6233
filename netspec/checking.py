"""What is wrong with a spec, what there is to say of one that is right, and the edits that mend it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Code, Diagnostic, Fix, NetspecError
from netspec.frontend import source
from netspec.frontend.pause import collection_paused
from netspec.graph import Graph
from netspec.spec import Spec, attempt, elaborate, load, loads, read
from netspec.zoo_specs import locate

if TYPE_CHECKING:
    from netspec.analysis import Analysis
    from netspec.analysis.optimizer_state import OptimizerState


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
        return _with_fixes(error.diagnostics, own, name, file, settings, optimizer)


def review(spec: Spec, ignore: Collection[str] = (), optimizer: OptimizerState | None = None) -> list[Diagnostic]:
    """What there is to say of a network that is right: limits of its budget that it breaks, and warnings of lints.

    Args:
        spec: A loaded spec.
        ignore: Names or codes of lints to leave out, such as ``bias-before-norm`` or ``NS2001``.
        optimizer: What it remembers counts for a budget of memory; plain SGD, which remembers nothing, unless given.

    Raises:
        NetspecError: The spec is wrong.
    """
    from netspec.analysis import analyze
    from netspec.lints import find_lints
    from netspec.lints.network import Network

    analysis = analyze(elaborate(spec))
    return [*_broken(spec, analysis, optimizer), *find_lints(Network(analysis, spec.document), ignore)]


def _broken(spec: Spec, analysis: Analysis, optimizer: OptimizerState | None) -> list[Diagnostic]:
    """The limits of its budget that a network breaks."""
    from netspec.analysis.budget import over_budget
    from netspec.analysis.optimizer_state import PLAIN_SGD

    return over_budget(analysis, spec.document.budget, spec.document.places.span, optimizer or PLAIN_SGD)


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


def _with_fixes(
    errors: list[Diagnostic],
    text: str,
    name: str,
    file: Path | None,
    settings: Mapping[str, Any] | None = None,
    optimizer: Callable[[Spec], OptimizerState | None] | None = None,
) -> list[Diagnostic]:
    """The errors of a text, the last of them with the small edits that would make it valid, each proven by trying.

    Args:
        errors: What is wrong.
        text: The text as it stands.
        name: Its name, as the errors give it.
        file: Where it is, for what it extends.
        settings: Params and dotted keys that are set.
        optimizer: Gives what the optimizer of a spec remembers, for its budget of memory.
    """
    from netspec.fixes import propose

    def loaded(each: str) -> Spec:
        return read(source.parse(each, name), file, settings or {})

    @collection_paused()
    def judge(each: str) -> Graph:
        # Not the spec's graph: what smallest input works is of no use to a trial.
        return attempt(loaded(each).document)

    def limits(each: str) -> int:
        from netspec.analysis import analyze

        spec = loaded(each)
        return len(_broken(spec, analyze(spec.graph), optimizer and optimizer(spec))) if spec.document.budget else 0

    return propose(errors, text, name, judge, limits)
