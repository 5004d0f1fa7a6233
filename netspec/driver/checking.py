"""Checks of a spec: its errors, the findings about a valid one, and the edits that fix them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Code, Diagnostic, Fix, NetspecError
from netspec.diagnostics.arguments import typed
from netspec.diagnostics.codes import LintCode
from netspec.driver.elaboration import attempt
from netspec.driver.recipe_file import parse_recipe
from netspec.driver.recipes import checked_recipe
from netspec.driver.spec import Spec, checked, elaborate, for_inference, given, merge
from netspec.files.reading import plain_breaks
from netspec.frontend import source
from netspec.frontend.counting import Work
from netspec.frontend.pause import collection_paused
from netspec.frontend.schema import SECTION
from netspec.objects.immutable import immutable
from netspec.zoo_specs import locate, locate_recipe

if TYPE_CHECKING:
    from netspec.analysis import Analysis
    from netspec.frontend.inherit import Merged
    from netspec.graph import Graph
    from netspec.lints.base import Network as Linted
    from netspec.recipe.recipe import Recipe

TRIED = 6_000
"""The work that one trial of a fix may take, in entries."""


@typed
def check(
    spec: str | Path,
    settings: Mapping[str, Any] | None = None,
    text: str | None = None,
    ignore: Collection[str] = (),
    recipe: str | Path | None = None,
    max_entries: int | None = None,
    inference: bool = False,
) -> list[Diagnostic]:
    """Every error of a spec and its recipe, the last of each text with fixes; for a valid spec, the `review` findings.

    Args:
        spec: A path, or the name of a network of the zoo; with a `text`, only a name for it.
        settings: Params and dotted keys to set.
        text: The text, if it is not in a file.
        ignore: Names or codes of lints to leave out.
        recipe: The replacement of the section `train`: a file, or the name of a recipe that comes with netspec.
        max_entries: The limit of unrolled entries, a repeat's counted in every round; 10,000 by default.
        inference: Whether the network is checked without its side branches, as it runs outside training.

    Returns:
        The findings, in the order of the text; empty if there are none.
    """
    try:
        file = None if text is not None else locate(spec)
        own = _Text.of(spec, file, text)
        section = None if recipe is None else _Text.of(recipe, locate_recipe(recipe))
    except NetspecError as error:
        return error.diagnostics

    def read(network: str, train: str | None, graph_of: Callable[[Spec], Graph] = elaborate) -> _Checked:
        inner = parse_recipe(train, section.name) if section and train is not None else None
        document = merge(source.parse(network, own.name), file, settings or {}, inner)
        return _Checked.of(document, settings or {}, graph_of, max_entries, inference)

    @collection_paused()
    def tried(network: str, train: str | None) -> _Checked:
        # Not the spec's graph: a trial does not need the smallest input that works.
        return read(network, train, lambda spec: attempt(spec.document, work=Work(TRIED)))

    network, train = own.text, section.text if section else None
    try:
        made = read(plain_breaks(network), train and plain_breaks(train))
        found = [*made.broken, *made.unfit, *made.lints(ignore)]
        return _with_fixes(found, made.graph, own, lambda each: tried(each, train), ignore)
    except NetspecError as error:
        from netspec.fixes import propose

        partial = error.partial

        def fixed(
            found: list[Diagnostic], text: _Text, key: str | None, read: Callable[[str], _Checked]
        ) -> list[Diagnostic]:
            def limits(each: str) -> int:
                made = read(each)
                return len(made.broken) + len(made.unfit)

            return propose(found, text.text, text.name, lambda each: read(each).graph, key, limits, partial)

        found = fixed(error.diagnostics, own, None, lambda each: tried(each, train))
        return fixed(found, section, SECTION, lambda each: tried(network, each)) if section else found


def _with_fixes(
    found: list[Diagnostic],
    graph: Graph,
    own: _Text,
    tried: Callable[[str], _Checked],
    ignore: Collection[str],
) -> list[Diagnostic]:
    """The findings in a valid spec, with the edits that fix those of lints."""
    if not any(isinstance(diagnostic.code, LintCode) for diagnostic in found):
        return found
    from netspec.fixes import mended, propose

    warnings = mended(found)

    def judge(each: str) -> Graph:
        made = tried(each)
        if left := mended(made.lints(ignore)):
            raise NetspecError(left, made.graph)
        return made.graph

    fixed = dict(zip(map(id, warnings), propose(warnings, own.text, own.name, judge, graph=graph), strict=True))
    return [fixed.get(id(diagnostic), diagnostic) for diagnostic in found]


@immutable
class _Text:
    """A checked text, and its name in diagnostics."""

    name: str
    text: str

    @classmethod
    def of(cls, given: str | Path, file: Path | None, text: str | None = None) -> _Text:
        """The text of a file, under the given name, or, if that is one of netspec's own names, under the file's.

        Raises:
            NetspecError: It cannot be read.
        """
        name = file.name if file is not None and file != Path(given) else str(given)
        return cls(name, source.text_of(file, name) if file is not None else str(text))


@immutable
class _Checked:
    """A spec, its graph and its recipe, all of them valid."""

    spec: Spec
    graph: Graph
    recipe: Recipe | None

    @classmethod
    def of(
        cls,
        document: Merged,
        settings: Mapping[str, Any],
        graph_of: Callable[[Spec], Graph],
        max_entries: int | None,
        inference: bool,
    ) -> _Checked:
        """The checked spec of a document.

        Raises:
            NetspecError: The errors of both the network and the recipe.
        """
        errors: list[Diagnostic] = []
        spec = graph = partial = recipe = None
        try:
            spec = checked(document, settings, max_entries)
            spec = for_inference(spec) if inference else spec
            graph = graph_of(spec)
        except NetspecError as error:
            errors, partial = error.diagnostics, error.partial
        try:
            recipe = checked_recipe(document, graph)
        except NetspecError as error:
            errors = [*errors, *error.diagnostics]
        if errors or spec is None or graph is None:
            raise NetspecError(errors, graph if graph is not None else partial)
        return cls(spec, graph, recipe)

    @cached_property
    def _analysis(self) -> Analysis:
        from netspec.analysis import analyze

        return analyze(self.graph)

    @cached_property
    def broken(self) -> list[Diagnostic]:
        """The limits of its budget that the network exceeds."""
        from netspec.analysis.budget import over_budget
        from netspec.analysis.optimizer_state import PLAIN_SGD

        document = self.spec.document
        if not document.budget:
            return []
        state = self.recipe.optimizer.state if self.recipe else PLAIN_SGD
        return over_budget(self._analysis, document.budget, document.places.span, state)

    @cached_property
    def unfit(self) -> list[Diagnostic]:
        """What of the network does not fit data that are known before they are read."""
        if self.recipe is None:
            return []
        from netspec.lints.forgotten_flatten import remedy
        from netspec.recipe.fitting_data import check_data

        try:
            check_data(self.recipe, self.graph, self.spec.document.places, remedy(self._linted))
        except NetspecError as error:
            return error.diagnostics
        return []

    def lints(self, ignore: Collection[str]) -> list[Diagnostic]:
        """The findings of lints, without ignored ones."""
        from netspec.lints import find_lints

        return find_lints(self._linted, ignore)

    @property
    def _linted(self) -> Linted:
        from netspec.lints.base import Network

        return Network(self._analysis, self.spec.document, self.recipe)


@typed
def review(spec: Spec | str | Path, ignore: Collection[str] = (), **params: Any) -> list[Diagnostic]:
    """The findings about a valid network: limits of its budget that it exceeds, data that do not fit, lints' warnings.

    Args:
        spec: A loaded spec, or an argument for `load`.
        ignore: Names or codes of lints to leave out, such as ``bias-before-norm`` or ``NS2001``.
        params: Params and keys to set, as in `load`.

    Raises:
        NetspecError: The spec or its recipe is wrong.
    """
    loaded = given(spec, params)
    made = _Checked(loaded, loaded.graph, checked_recipe(loaded.document.places, loaded.graph))
    return [*made.broken, *made.unfit, *made.lints(ignore)]


def warnings_of(spec: Spec, recipe: Recipe) -> list[Diagnostic]:
    """The findings of `review` about a spec with a recipe, all as warnings: none of them stops a training.

    Args:
        spec: A spec without errors.
        recipe: Its recipe, as it is followed.
    """
    made = _Checked(spec, spec.graph, recipe)
    return [replace(each, severity="warning") for each in (*made.broken, *made.lints(()))]


@typed
def apply_fix(file: str | Path, fix: Fix) -> None:
    """Replace a file by its fixed text, completely or not at all.

    Raises:
        NetspecError: The file cannot be written, or is not the one that the fix was made for.
    """
    from netspec.files.writing import write_atomic
    from netspec.fixes.text import apply

    path = Path(file)
    try:
        fixed = apply(source.text_of(path, str(file)), fix.edits)
    except ValueError:
        fixed = ""
    if fixed != fix.text:
        raise NetspecError.of(Code.FILE_UNWRITABLE, f"{file} has changed since it was checked", help="check it again")
    write_atomic(path, fix.text)
