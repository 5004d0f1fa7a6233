"""Draws options and input shapes for a layer, from its fields' types, its samples and its examples."""

from __future__ import annotations

import types
import typing
from typing import Any

from hypothesis import strategies as st

from netspec.layers.base import Example, Layer
from netspec.shape import Shape

SIZES = (1, 2, 3, 4, 5, 6, 7, 8, 9)
# One and two channels, and numbers that two, three and four divide: groups shall fit now and then.
CHANNELS = (1, 2, 3, 4, 6, 8, 12)
# Now and then a number that no layer takes.
INTEGERS = (1, 1, 2, 2, 2, 3, 3, 4, 0, -1, 9)
FLOATS = (0.0, 0.1, 0.25, 0.5, 1.0, 1.5, 2.0, -0.5)


def _leaf(kind: Any, axes: int) -> st.SearchStrategy[Any] | None:
    """Values of a type; None for types that say too little."""
    origin = typing.get_origin(kind)
    if origin in (types.UnionType, typing.Union):
        parts = [found for part in typing.get_args(kind) if (found := _leaf(part, axes)) is not None]
        return st.one_of(parts) if parts else None
    if origin is typing.Literal:
        return st.sampled_from(typing.get_args(kind))
    if origin is tuple:
        element, *rest = typing.get_args(kind)
        inner = _leaf(element, axes)
        if inner is None:
            return None
        if rest != [...]:
            return st.tuples(*([inner] * (1 + len(rest))))
        # Mostly one element per spatial axis.
        lengths = st.sampled_from((axes, axes, axes, axes, axes + 1, max(axes - 1, 0), 1))
        return lengths.flatmap(lambda n: st.tuples(*([inner] * n)))
    if kind is bool:
        return st.booleans()
    if kind is int:
        return st.sampled_from(INTEGERS)
    if kind is float:
        return st.sampled_from(FLOATS)
    if kind is type(None):
        return st.none()
    return None


def shapes(least: int = 1, most: int = 4) -> st.SearchStrategy[Shape]:
    """Shapes without a batch."""
    return st.integers(least, most).flatmap(
        lambda rank: st.tuples(*([st.sampled_from(CHANNELS)] * min(rank, 1) + [st.sampled_from(SIZES)] * (rank - 1)))
    )


@st.composite
def _inputs(draw: st.DrawFn, layer: type[Layer], example: Example) -> tuple[Shape, ...]:
    least, most = layer.arity
    if least == 0:
        return ()
    keep = draw(st.sampled_from((True, False, False)))
    first = example.inputs[0] if keep else draw(shapes())
    if most == 1:
        return (first,)
    inputs = [first]
    for _ in range(draw(st.integers(least - 1, (most or 3) - 1))):
        other = list(first)
        for axis in range(len(other)):
            # An axis of another size, mostly at one of the ends, where layers join and broadcast.
            if draw(st.integers(0, 3)) == 0:
                other[axis] = draw(st.sampled_from((1, 1, 2, 3)))
        inputs.append(tuple(other) if draw(st.integers(0, 9)) else first[:-1])
    return tuple(inputs)


@st.composite
def _resized(draw: st.DrawFn, example: Example) -> Example:
    """The example with one or two of its sizes drawn anew, each wherever it stands, so that what must agree still does.

    A size may stand in the options, too: an initial state is as wide as the layer.
    """
    own = sorted({size for shape in example.inputs for size in shape})
    if not own:
        return example
    changed = draw(st.lists(st.sampled_from(own), min_size=1, max_size=2, unique=True))
    sizes = {size: draw(st.sampled_from(CHANNELS + SIZES)) for size in changed}
    options = dict(example.options)
    if draw(st.booleans()):
        options |= {name: sizes[value] for name, value in options.items() if type(value) is int and value in sizes}
    return Example(options, tuple(tuple(sizes.get(size, size) for size in shape) for shape in example.inputs))


_NEAR = ("keep", "keep", "keep", "keep", "drop", "draw")
_FAR = ("keep", "keep", "drop", "draw", "draw")


@st.composite
def uses(draw: st.DrawFn, layer: type[Layer]) -> Example:
    """A use of `layer`, valid or not, whose options have the types of its fields.

    Half are near one of the examples, with few other options: where options and inputs must agree in many ways, no
    others would be valid. The rest are anything.
    """
    assert layer.examples, f"`{layer.op}` has no `examples` to draw from"
    example = draw(st.sampled_from(layer.examples))
    if layer.op == "module":
        # What its author claims of a class cannot be drawn.
        return example
    near = draw(st.booleans())
    if near:
        example = draw(_resized(example))
    inputs = example.inputs if near else draw(_inputs(layer, example))
    axes = max(len(inputs[0]) - 1, 1) if inputs else 2
    options = dict(example.options)
    for name, field in layer.model_fields.items():
        choice = draw(st.sampled_from(_NEAR if near else _FAR))
        if choice == "keep" or (choice == "drop" and field.is_required()):
            continue
        options.pop(name, None)
        if choice == "drop":
            continue
        parts = [_leaf(field.annotation, axes), st.sampled_from(layer.samples[name]) if name in layer.samples else None]
        values = [part for part in parts if part is not None]
        if values:
            options[name] = draw(st.one_of(values))
        elif name in example.options:
            options[name] = example.options[name]
    return Example(options, inputs)
