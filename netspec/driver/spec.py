"""A spec: reading with all that it extends, checking, settings and elaboration."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from netspec.diagnostics import Code
from netspec.diagnostics.arguments import typed
from netspec.driver.elaboration import elaborated
from netspec.driver.recipe_file import read_recipe_file
from netspec.frontend import source
from netspec.frontend.document import Document, read_document
from netspec.frontend.inherit import Merged, inherit, with_section
from netspec.frontend.network import elaborate as elaborate_document
from netspec.frontend.pause import collection_paused
from netspec.frontend.problems import Report
from netspec.frontend.schema import SECTION
from netspec.frontend.settings import apply_settings
from netspec.frontend.source import Path_
from netspec.graph import Graph
from netspec.objects.immutable import immutable
from netspec.shape import Shape
from netspec.zoo_specs import locate, zoo_file

APART = ("extends", SECTION, "budget", "weights", "results")
"""Sections that do not describe the network itself."""


@immutable
class Spec:
    """A read and checked spec. `settings` holds the params and keys that replace its own."""

    document: Document
    settings: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The network's name."""
        return self.document.name

    @property
    def text(self) -> str:
        """The spec as written, without the specs that it extends."""
        return self.document.places.sources[0].text

    @cached_property
    def digest(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 of the spec with inherited parts and settings.

        Comments, layout, recipe, budget and results do not count.
        """
        data = {key: value for key, value in self.document.places.data.items() if key not in APART}
        import json

        text = json.dumps(data, ensure_ascii=False, default=str)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    @cached_property
    def graph(self) -> Graph:
        """The elaborated graph with the spec's own input shapes."""
        return elaborated(self.document)

    def elaborated(self, inputs: Mapping[str, Shape] | None = None) -> Graph:
        """As `elaborate`."""
        return elaborated(self.document, inputs) if inputs else self.graph

    def changed(self, settings: Mapping[str, Any]) -> Spec:
        """As `with_settings`."""
        return with_settings(self, settings)

    def draw(self, *, inputs: Mapping[str, Shape] | None = None, **options: Any) -> str | bytes:
        """Its picture; the options are those of `netspec.draw`."""
        from netspec.analysis import analyze
        from netspec.driver.picture_file import Look, picture_file

        return picture_file(analyze(self.elaborated(inputs)), Look(**options))

    def explore(self, **options: Any) -> str:
        """Its page; the options are those of `netspec.explore`."""
        from netspec.driver.exploring import explored_page

        return explored_page(self, **options)

    def __repr__(self) -> str:
        return f"<netspec.Spec {', '.join([self.name, *(f'{key}={value!r}' for key, value in self.settings.items())])}>"

    def _repr_html_(self) -> str:
        """What notebooks show: its picture and its modules, or its mistakes."""
        from netspec.driver.notebook import shown

        return shown(self)


@typed
def load(
    spec: str | Path,
    settings: Mapping[str, Any] | None = None,
    recipe: str | Path | Mapping[str, Any] | None = None,
    max_entries: int | None = None,
    **params: Any,
) -> Spec:
    """Read a spec and everything it extends, and check its form.

    Args:
        spec: A path, or the name of a network of the zoo, with or without ``.yaml``.
        settings: Params and dotted keys to set, as with ``--set``.
        recipe: The replacement of the section `train`: a file, the name of a recipe that comes with netspec, or plain
            data.
        max_entries: The limit of unrolled entries, a repeat's counted in every round; 10,000 by default.
        params: Further settings, as keyword arguments.

    Raises:
        NetspecError: The file does not exist or has errors; it carries every error that can be found.
    """
    file = locate(spec)
    shown = str(spec) if file == Path(spec) else file.name
    return read(source.read(file, shown), file, {**(settings or {}), **params}, recipe, max_entries)


@typed
def loads(
    text: str,
    settings: Mapping[str, Any] | None = None,
    name: str = "<text>",
    recipe: str | Path | Mapping[str, Any] | None = None,
    max_entries: int | None = None,
) -> Spec:
    """Read a spec from a text, which can extend networks of the zoo. The other arguments are those of `load`.

    Raises:
        NetspecError: The text is wrong; with every error that can be found.
    """
    return read(source.parse(text, name), None, settings or {}, recipe, max_entries)


def read(
    text: source.Source,
    file: Path | None,
    settings: Mapping[str, Any],
    recipe: str | Path | Mapping[str, Any] | None = None,
    max_entries: int | None = None,
) -> Spec:
    """The spec of a parsed text.

    Args:
        text: The parsed text.
        file: Its file, to find the specs that it extends; None if it has none.
        settings: Params and dotted keys to set.
        recipe: As in `load`.
        max_entries: As in `load`.

    Raises:
        NetspecError: The text is wrong; with every error that can be found.
    """
    merged = merge(text, file, settings, None if recipe is None else read_recipe_file(recipe))
    return checked(merged, settings, max_entries)


def merge(
    text: source.Source, file: Path | None, settings: Mapping[str, Any], recipe: source.Source | None = None
) -> Merged:
    """A parsed text merged with the specs that it extends, a separate recipe, if any, and settings.

    Args:
        text: The parsed text.
        file: Its file, to find the specs that it extends; None if it has none.
        settings: Params and dotted keys to set.
        recipe: The replacement of the section `train`.

    Raises:
        NetspecError: `extends` finds nothing, or a key names nothing in the spec.
    """
    if "netspec" not in text.data and "extends" not in text.data:
        from netspec.frontend import formats
        from netspec.recipe.recipe import Recipe

        formats.refuse_data(text, Recipe)
    with collection_paused():
        merged = inherit(text, file, zoo_file)
        if recipe is not None:
            merged = with_section(merged, SECTION, recipe)
        return apply_settings(merged, settings, _laid_in_recipe)


def with_recipe(spec: Spec, recipe: str | Path | Mapping[str, Any]) -> Spec:
    """A spec with its section `train` replaced, as `load` does it.

    Raises:
        NetspecError: There is no such recipe, or it is none.
    """
    merged = with_section(spec.document.places, SECTION, read_recipe_file(recipe))
    return checked(merged, spec.settings, spec.document.max_entries)


def _laid_in_recipe(written: Any, path: tuple[str, ...], value: Any) -> tuple[Any, Path_]:
    from netspec.recipe.setting import laid_in  # whoever sets nothing of a recipe reads none

    return laid_in(written, path, value)


def with_settings(spec: Spec, settings: Mapping[str, Any]) -> Spec:
    """A spec with more params and dotted keys set.

    Raises:
        NetspecError: A key names nothing in the spec, or a value does not fit.
    """
    if not settings:
        return spec
    merged = apply_settings(spec.document.places, settings, _laid_in_recipe)
    return checked(merged, {**spec.settings, **settings}, spec.document.max_entries)


def given(spec: Spec | str | Path, params: Mapping[str, Any]) -> Spec:
    """The spec that a function of the interface is given, with its params set.

    Args:
        spec: A loaded spec, or an argument for `load`: a file, or a name of the zoo.
        params: Params and keys to set.

    Raises:
        NetspecError: The spec is wrong, a key names nothing in it, or a value does not fit.
    """
    return with_settings(spec, params) if isinstance(spec, Spec) else load(spec, params)


@typed
def elaborate(spec: Spec | str | Path, inputs: Mapping[str, Shape] | None = None, **params: Any) -> Graph:
    """The graph of a spec: everything unrolled, every shape inferred.

    Args:
        spec: A loaded spec, or an argument for `load`.
        inputs: Input shapes in place of the spec's own.
        params: Params and keys to set, as in `load`.

    Raises:
        NetspecError: The spec has errors; `partial` is the graph up to the failures.
    """
    return given(spec, params).elaborated(inputs)


def for_inference(spec: Spec) -> Spec:
    """The spec outside training: without its side branches, `only: training`."""
    return replace(spec, document=replace(spec.document, inference=True))


def checked(merged: Merged, settings: Mapping[str, Any], max_entries: int | None = None) -> Spec:
    """The spec of a document, its form checked.

    Args:
        merged: The document.
        settings: The settings in it.
        max_entries: As `load` takes it.

    Raises:
        NetspecError: The document is wrong; with every error that can be found.
    """
    with collection_paused():
        report = Report(merged)
        document = read_document(merged, report, max_entries)
        if any(each.code is Code.UNKNOWN_KEY and len(each.path or ()) == 1 for each in report.diagnostics):
            from netspec.recipe.elsewhere import with_owners  # which reads the classes of the parts
            from netspec.recipe.recipe import Recipe

            written = merged.data.get(SECTION)
            own = written if isinstance(written, Mapping) else {}
            report.diagnostics[:] = with_owners(report.diagnostics, own, Recipe)
        if report.diagnostics and document is not None:
            elaborate_document(document, report)  # so that the other errors of the file are reported as well
    report.check()
    assert document is not None
    return Spec(document, dict(settings))
