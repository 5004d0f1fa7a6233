"""The layer reference as one Markdown page, from which ``docs/layers.md`` is made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netspec.report.reference import LayerReference, Option

WIDTH = 110

_HEAD = """\
# Layers

Made by `netspec layers --format markdown`; `netspec layers NAME` shows a single one. Shapes are without the batch; `C`
are channels, `*S` any number of spatial axes. Names and options are torch.nn's in snake case, without the number of
dimensions, which the input's rank gives; `kernel` and `out` stand for `kernel_size` and `out_channels` or
`out_features`. The option marked *main* is the value of the layer's name itself: `{conv: 6, kernel: 5}`.
"""


def reference_markdown(layers: Sequence[LayerReference]) -> str:
    """The page: a section for each layer."""
    return "\n".join(_lines(layers)) + "\n"


def _lines(layers: Sequence[LayerReference]) -> Iterator[str]:
    yield _HEAD
    yield " · ".join(f"[{layer.name}](#{layer.name})" for layer in layers)
    for layer in layers:
        yield ""
        yield f"## {layer.name}"
        yield ""
        yield layer.doc
        yield ""
        yield f"Inputs: {layer.inputs}."
        yield from _options(layer.options)
        if layer.examples:
            yield from ("", "```yaml", *layer.uses(WIDTH), "```")


def _options(options: Sequence[Option]) -> Iterator[str]:
    if options:
        yield from ("", "| Option | Value | Default |", "| --- | --- | --- |")
    for option in options:
        name = f"`{option.name}`, *main*" if option.main else f"`{option.name}`"
        default = "required" if option.default is None else f"`{option.default}`"
        yield f"| {name} | {option.type} | {default} |"
