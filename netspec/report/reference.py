"""The layer reference, read from the layer classes."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

from netspec.diagnostics import Code, NetspecError
from netspec.frontend.foreign import unknown_layer
from netspec.frontend.form_errors import describe
from netspec.layers import registry
from netspec.layers.base import Example, Layer
from netspec.objects.immutable import immutable
from netspec.report import document as doc
from netspec.report.numbers import yaml_text
from netspec.report.sheet import Sheet

_HEAD = """\
Made by `netspec layers --format markdown`; `netspec layers NAME` shows a single one. Shapes are without the batch; `C`
are channels, `*S` any number of spatial axes. Names and options are torch.nn's in snake case, without the number of
dimensions, which the input's rank gives; `kernel` and `out` stand for `kernel_size` and `out_channels` or
`out_features`. The option marked *main* is the value of the layer's name itself: `{conv: 6, kernel: 5}`.
"""


@immutable
class Option:
    """An option of a layer; `default` is as YAML writes it, None where the option must be given."""

    name: str
    type: str
    default: str | None
    main: bool


@immutable
class LayerReference:
    """A layer's description and its options."""

    name: str
    summary: str
    doc: str
    inputs: str
    options: tuple[Option, ...]
    examples: tuple[str, ...]
    shapes: tuple[str, ...]

    def uses(self, width: int) -> list[str]:
        """Lines of YAML: the examples as list items, with their input and output shapes behind or below each."""
        items = [textwrap.wrap(f"- {each}", width, subsequent_indent="    ") for each in self.examples]
        notes = [f"  # {shape}" for shape in self.shapes]
        fits = [len(item) == 1 and len(item[0] + note) <= width for item, note in zip(items, notes, strict=True)]
        column = max((len(item[0]) for item, fit in zip(items, fits, strict=True) if fit), default=0)
        lines: list[str] = []
        for item, note, fit in zip(items, notes, fits, strict=True):
            aligned = f"{item[0]:<{column}}{note}"
            lines += [aligned if len(aligned) <= width else item[0] + note] if fit else [*item, note]
        return lines


def layer_list() -> doc.Document:
    """Every layer: a terminal lists them, a page describes each."""
    found = [_reference(name, cls) for name, cls in registry().items()]

    def short() -> Iterator[doc.Part]:
        yield doc.Definitions([doc.Entry(each.name, each.summary) for each in found], indent=0)

    def full() -> Iterator[doc.Part]:
        yield doc.Prose(_HEAD)
        yield doc.Paragraph(
            tuple(piece for each in found for piece in (" · ", doc.Link(each.name, f"#{each.name}")))[1:]
        )
        for each in found:
            yield doc.Section(each.name)
            yield from _described(each)

    return _document("Layers", found, lambda: [doc.Brief(short, full)])


def known_layer(name: str) -> type[Layer]:
    """The class of a layer.

    Raises:
        NetspecError: There is no layer of that name.
    """
    known = registry()
    if name not in known:
        raise NetspecError.of(Code.UNKNOWN_LAYER, f"there is no layer `{name}`", fact=unknown_layer(name, known))
    return known[name]


def layer(name: str) -> doc.Document:
    """The reference of one layer.

    Raises:
        NetspecError: There is no layer of that name.
    """
    found = _reference(name, known_layer(name))
    return _document(name, [found], lambda: [doc.Caption(name), doc.Gap(), *_described(found)])


def _document(title: str, found: Sequence[LayerReference], parts: Callable[[], Iterable[doc.Part]]) -> doc.Document:
    return doc.Document(
        title=title,
        parts=parts,
        data=lambda: [asdict(each) for each in found],
        sheet=lambda: Sheet(
            ("layer", "option", "type", "default", "main"),
            ((each.name, o.name, o.type, o.default or "required", o.main) for each in found for o in each.options),
        ),
    )


def _described(reference: LayerReference) -> Iterator[doc.Part]:
    yield doc.Prose(reference.doc, 2)
    yield doc.Gap()
    yield doc.Prose(f"Inputs: {reference.inputs}.", 2)
    if reference.options:
        entries = [doc.Entry(option.name, _meaning(option)) for option in reference.options]
        rows = [doc.Row(_option(option)) for option in reference.options]
        titles = doc.columns(("Option", "Value", "Default"))
        headed: list[doc.Part] = [doc.Gap(), doc.Prose("Options", 2), doc.Gap()]
        yield doc.Brief(lambda: [*headed, doc.Definitions(entries, indent=4)], lambda: [doc.Table(titles, rows)])
    if reference.examples:
        yield doc.Brief(lambda: [doc.Gap(), doc.Prose("Examples", 2), doc.Gap()], tuple)
        yield doc.Source(lambda width: "\n".join(reference.uses(width)), "yaml")


def _option(option: Option) -> tuple[doc.Inline, str, doc.Inline]:
    name = (doc.Verbatim(option.name), ", ", doc.Emphasis("main")) if option.main else doc.Verbatim(option.name)
    return name, option.type, "required" if option.default is None else doc.Verbatim(option.default)


def _meaning(option: Option) -> str:
    need = "required" if option.default is None else f"default {option.default}"
    return f"{option.type}; {'main argument, ' if option.main else ''}{need}"


def _reference(name: str, cls: type[Layer]) -> LayerReference:
    doc = inspect.cleandoc(cls.__doc__ or "").replace("``", "`")
    options = tuple(
        Option(
            name=field.alias or key,
            type=describe(field.annotation),
            default=None if field.is_required() else yaml_text(field.get_default(call_default_factory=True)),
            main=key == cls.main,
        )
        for key, field in cls.model_fields.items()
    )
    ordered = tuple(sorted(options, key=lambda option: not option.main))
    examples: dict[str, str] = {}
    for example in cls.examples:  # of examples that differ only in their inputs, the first
        examples.setdefault(_entry(name, cls.main, example.options), _shapes(cls, example))
    summary = " ".join(doc.split("\n\n")[0].split())
    return LayerReference(name, summary, doc, _inputs(cls), ordered, tuple(examples), tuple(examples.values()))


def _shapes(cls: type[Layer], example: Example) -> str:
    """``[1, 28, 28] -> [6, 28, 28]``."""
    outputs = cls.model_validate(example.options).infer(example.inputs)
    given, made = (", ".join(str(list(shape)) for shape in shapes) for shapes in (example.inputs, outputs))
    return f"{given} -> {made}" if given else f"-> {made}"


_KINDS = {
    "float": "floats",
    "int": "integers",
    "bool": "truth values",
    "number": "numbers",
    "mask": "a mask",
    "any": "any type",
}
"""Kinds of elements in words."""


def _inputs(cls: type[Layer]) -> str:
    least, most = cls.arity
    number = str(least) if least == most else f"{least} or more" if most is None else f"{least} to {most}"
    declared = cls.dtype if isinstance(cls.dtype, tuple) else (cls.dtype,)
    positions = len(declared) if most is None else most
    found = [{declared[min(at, len(declared) - 1)]: None} for at in range(positions)]
    for example in cls.examples:  # an option may change what an input is
        layer = cls.model_validate(example.options)
        for at in range(min(positions, len(example.inputs))):
            found[at][layer.kind_at(at)] = None
    told = [" or ".join(_KINDS[kind] for kind in kinds) for kinds in found]
    runs = [(words, len(list(run))) for words, run in groupby(told)]
    if len(runs) < 2:
        return f"{number}, of {runs[0][0]}" if runs else number
    parts, start = [], 0
    for words, length in runs:
        parts.append(f"the {_which(start, length)} of {words}")
        start += length
    return f"{number}, {', '.join(parts)}"


def _which(start: int, length: int) -> str:
    """``first two``, ``third``, ``others``: some of the inputs, counted from 0."""
    if length == 1:
        return _ORDINALS[start] if start < len(_ORDINALS) else f"{start + 1}th"
    return f"first {_NUMBERS[length] if length < len(_NUMBERS) else length}" if start == 0 else "others"


_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
_NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight")


def _entry(name: str, main: str | None, options: Mapping[str, Any]) -> str:
    """An example as a spec writes it: ``{conv: 6, kernel: 5}``."""
    if not options:
        return name
    rest = [f"{key}: {yaml_text(value)}" for key, value in options.items() if key != main]
    head = f"{name}: {yaml_text(options[main])}" if main is not None and main in options else name
    return f"{{{', '.join([head, *rest])}}}"
