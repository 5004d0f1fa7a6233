"""Layers that get an image where they take vectors, or the other way round; axes and element types that do not fit."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.diagnostics import Code
from netspec.diagnostics.tensor_facts import WrongDtype
from netspec.fixes.base import Case, Proposal, mends
from netspec.fixes.text import together
from netspec.lints.forgotten_flatten import ForgottenFlatten


@mends(ForgottenFlatten.code)
def forgotten_flatten(case: Case) -> Iterator[Proposal]:
    """`flatten` before the layer that the lint names; or an average over all positions, and `flatten`."""
    entry = case.entry_at(case.span)
    flat = case.text.insert(entry, "flatten")
    yield Proposal("`flatten` before it", flat)
    averaged = together(case.text.insert(entry, "global_avg_pool"), flat)
    yield Proposal("`global_avg_pool` and `flatten` before it", averaged, 1)


@mends(Code.BAD_AXIS)
def bad_axis(case: Case) -> Iterator[Proposal]:
    """The last axis, or the first, for one that the input does not have."""
    if case.written.lstrip("-").isdecimal():
        value = -1 if int(case.written) > 0 else 0
        yield Proposal(f"`{value}` instead of `{case.written}`", case.at_span(str(value)))


@mends(Code.BAD_RESHAPE)
def bad_reshape(case: Case) -> Iterator[Proposal]:
    """-1 in place of one of the sizes of a `reshape`, the first that works."""
    layer = case.layer(case.entry)
    if layer is None or layer.main is None:
        return
    shape = case.option(case.entry, layer.main)
    if isinstance(shape, list) and -1 not in shape and all(type(size) is int for size in shape):
        for index in range(len(shape)):
            value = [*shape[:index], -1, *shape[index + 1 :]]
            yield Proposal(f"`{value}`: -1 is what is left", case.set(case.entry, layer.main, value))


@mends(Code.DYNAMIC_WEIGHT)
def dynamic_weight(case: Case) -> Iterator[Proposal]:
    """A global average pooling before the `flatten` of an image of any size that a `linear` layer follows."""
    entry = case.entry
    before = [(*entry[:-1], at) for at in range(entry[-1], -1, -1)] if entry and isinstance(entry[-1], int) else []
    flatten = next((each for each in before if case.operation(each) == "flatten"), ())
    for rank, layer in enumerate(("global_avg_pool", "adaptive_avg_pool: 7")):
        edits = case.text.insert(flatten, f"{{{layer}}}" if ":" in layer else layer)
        yield Proposal(f"`{layer}` before the `flatten`", edits, rank)


@mends(Code.BAD_RANK, Code.UNEQUAL_SHAPES, Code.BAD_AXIS)
def flatten_missing(case: Case) -> Iterator[Proposal]:
    """`flatten` before the first `linear` that an image reaches; before the layer; before a branch's end."""
    if case.graph is None or not case.entry:
        return
    for node in case.graph.nodes.values():
        rank = len(node.input_shapes[0]) if node.inputs else 0
        linear = rank >= 3 and node.layer.matrix_axis(node.input_shapes) == rank - 1
        if linear and (edits := case.text.insert(case.entry_at(node.span), "flatten")):
            yield Proposal("`flatten` before the `linear` layer", edits)
            return
    shapes = case.diagnostic.shapes
    if shapes and len(shapes[0]) > 1 and case.diagnostic.code is Code.BAD_RANK:
        for rank, name in enumerate(("flatten", "global_avg_pool"), 3):
            yield Proposal(f"`{name}` before it", case.text.insert(case.entry, name), rank)
    ranks = [len(shape) for shape in shapes]
    for producer, rank in zip(case.producers(), ranks, strict=False):
        if producer and rank > min(ranks) == 1:
            yield Proposal("`flatten` before they meet", case.insert_after(producer, "flatten"), 1)


@mends(Code.BAD_RANK)
def flattened_too_soon(case: Case) -> Iterator[Proposal]:
    """Without the `flatten` before a layer that takes an image; or a `linear` layer of the same width."""
    entry, layer, text, shapes = case.entry, case.layer(case.entry), case.text, case.diagnostic.shapes
    if not entry or not shapes:
        return
    for producer in case.producers():
        if case.operation(producer) == "flatten":
            yield Proposal("without the `flatten` before it", text.remove(producer))
    if layer is None or layer.main != "out" or "kernel" not in layer.option_fields() or len(shapes[0]) != 1:
        return
    if case.option(entry, "out") is not None and text.has((*entry, layer.op)):
        kept = [key for key in text.at(entry) if key in ("name", "bias", "activation")]
        raw = "".join(f", {key}: {text.raw((*entry, key))}" for key in kept)
        linear = text.write(entry, f"{{linear: {text.raw((*entry, layer.op))}{raw}}}")
        yield Proposal(f"`linear` instead of `{layer.op}`", linear, 1)


@mends(Code.WRONG_DTYPE)
def wrong_dtype(case: Case) -> Iterator[Proposal]:
    """Another element type for the input, where a layer needs fractions or integers."""
    fact, text = case.diagnostic.fact, case.text
    if not isinstance(fact, WrongDtype):
        return
    for path in (("input",), ("inputs", fact.input)):
        if path[-1] == fact.input and text.has(path):
            if isinstance(text.at(path), list):
                edits = text.write(path, f"{{shape: {text.raw(path)}, dtype: {fact.wanted}}}")
            else:
                edits = text.set(path, "dtype", fact.wanted)
            yield Proposal(f"`dtype: {fact.wanted}` for the input", edits)
