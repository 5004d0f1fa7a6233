"""The layer reference, read off the layer classes."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from netspec.diagnostics import Code, NetspecError
from netspec.frontend.describe import describe
from netspec.frontend.foreign import unknown_layer
from netspec.layers import registry
from netspec.layers.base import Example, Layer
from netspec.objects.immutable import immutable

WIDTH = 80


@immutable
class Option:
    """An option of a layer; `default` is as YAML writes it, None where the option must be given."""

    name: str
    type: str
    default: str | None
    main: bool


@immutable
class LayerReference:
    """What a layer is and takes."""

    name: str
    summary: str
    doc: str
    inputs: str
    options: tuple[Option, ...]
    examples: tuple[str, ...]
    shapes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for ``--format json``."""
        return asdict(self)

    def uses(self, width: int) -> list[str]:
        """Lines of YAML: the examples as list items, behind or below each the shapes that it takes and gives."""
        items = [textwrap.wrap(f"- {each}", width, subsequent_indent="    ") for each in self.examples]
        notes = [f"  # {shape}" for shape in self.shapes]
        fits = [len(item) == 1 and len(item[0] + note) <= width for item, note in zip(items, notes, strict=True)]
        column = max((len(item[0]) for item, fit in zip(items, fits, strict=True) if fit), default=0)
        lines: list[str] = []
        for item, note, fit in zip(items, notes, fits, strict=True):
            aligned = f"{item[0]:<{column}}{note}"
            lines += [aligned if len(aligned) <= width else item[0] + note] if fit else [*item, note]
        return lines

    def as_text(self) -> str:
        """The reference as a page of text."""
        parts = [self.name, "", _wrapped(self.doc), "", f"  Inputs: {self.inputs}"]
        if self.options:
            parts += ["", "  Options", ""]
            described = {option.name: _described(option) for option in self.options}
            parts.append(textwrap.indent(definition_list(described, WIDTH - 4), "    ").rstrip("\n"))
        if self.examples:
            parts += ["", "  Examples", "", *(f"    {line}" for line in self.uses(WIDTH - 4))]
        return "\n".join(parts) + "\n"


def layers() -> list[LayerReference]:
    """Every layer, by name."""
    return [_reference(name, cls) for name, cls in registry().items()]


def layer(name: str) -> LayerReference:
    """One layer.

    Raises:
        NetspecError: There is none of that name.
    """
    known = registry()
    if name not in known:
        raise NetspecError.of(Code.UNKNOWN_LAYER, f"there is no layer `{name}`", fact=unknown_layer(name, known))
    return _reference(name, known[name])


def definition_list(entries: Mapping[str, str], width: int = WIDTH) -> str:
    """Names and what they mean in two columns, wrapped to `width`."""
    column = max((len(name) for name in entries), default=0) + 2
    lines: list[str] = []
    for name, text in entries.items():
        first, *others = textwrap.wrap(text, width - column) or [""]
        lines += [f"{name:<{column}}{first}".rstrip(), *(" " * column + other for other in others)]
    return "".join(f"{text}\n" for text in lines)


def _reference(name: str, cls: type[Layer]) -> LayerReference:
    doc = inspect.cleandoc(cls.__doc__ or "").replace("``", "`")
    options = tuple(
        Option(
            name=field.alias or key,
            type=describe(field.annotation),
            default=None if field.is_required() else _yaml(field.get_default(call_default_factory=True)),
            main=key == cls.main,
        )
        for key, field in cls.model_fields.items()
    )
    ordered = tuple(sorted(options, key=lambda option: not option.main))
    examples: dict[str, str] = {}
    for example in cls.examples:  # of examples that differ in their inputs alone, the first
        examples.setdefault(_entry(name, cls.main, example.options), _shapes(cls, example))
    summary = " ".join(doc.split("\n\n")[0].split())
    return LayerReference(name, summary, doc, _inputs(cls), ordered, tuple(examples), tuple(examples.values()))


def _shapes(cls: type[Layer], example: Example) -> str:
    """``[1, 28, 28] -> [6, 28, 28]``."""
    outputs = cls.model_validate(example.options).infer(example.inputs)
    given, made = (", ".join(str(list(shape)) for shape in shapes) for shapes in (example.inputs, outputs))
    return f"{given} -> {made}" if given else f"-> {made}"


def _wrapped(doc: str) -> str:
    """Paragraphs in the page's width, indented; one whose lines are laid out by hand stays as it is."""
    paragraphs = []
    for paragraph in doc.split("\n\n"):
        if any(text.startswith((" ", "-")) for text in paragraph.split("\n")):
            paragraphs.append(textwrap.indent(paragraph, "  "))
        else:
            paragraphs.append(textwrap.fill(paragraph, WIDTH, initial_indent="  ", subsequent_indent="  "))
    return "\n\n".join(paragraphs)


def _described(option: Option) -> str:
    need = "required" if option.default is None else f"default {option.default}"
    return f"{option.type}; {'main argument, ' if option.main else ''}{need}"


def _inputs(cls: type[Layer]) -> str:
    least, most = cls.arity
    number = str(least) if least == most else f"{least} or more" if most is None else f"{least} to {most}"
    kind = {"float": "of floats", "int": "of integers", "any": "of any type"}[cls.dtype]
    return f"{number}, {kind}"


def _entry(name: str, main: str | None, options: Mapping[str, Any]) -> str:
    """An example as a spec writes it: ``{conv: 6, kernel: 5}``."""
    if not options:
        return name
    rest = [f"{key}: {_yaml(value)}" for key, value in options.items() if key != main]
    head = f"{name}: {_yaml(options[main])}" if main is not None and main in options else name
    return f"{{{', '.join([head, *rest])}}}"


def _yaml(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_yaml, value))}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {_yaml(each)}' for key, each in value.items())}}}"
    return str(value)
