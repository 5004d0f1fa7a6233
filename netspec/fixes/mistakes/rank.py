"""Layers that get an image where they take vectors, or the other way round."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from netspec.diagnostics import Code, Edit, facts
from netspec.fixes.base import Case, Mistake, Proposal
from netspec.frontend.source import Path_


def without(case: Case, entry: Path_) -> tuple[Edit, ...]:
    """The edits that remove an entry."""
    edit = case.text.remove(entry)
    return (edit,) if edit else ()


class FlattenMissing(Mistake):
    """An image that flows into a `linear` layer, which then maps the last axis alone, or that joins with vectors."""

    codes: ClassVar = frozenset({Code.BAD_RANK, Code.UNEQUAL_SHAPES, Code.BAD_AXIS})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """`flatten` before the first `linear` that an image reaches; before the layer; before a branch's end."""
        if case.graph is None or case.entry is None:
            return
        for node in case.graph.nodes.values():
            rank = len(node.input_shapes[0]) if node.inputs else 0
            if rank < 3 or node.span is None or node.layer.matrix_axis(node.input_shapes) != rank - 1:
                continue
            entry = case.entry_at(node.span)
            edit = case.text.insert(entry, "flatten") if entry and isinstance(entry[-1], int) else None
            if edit is not None:
                yield Proposal("`flatten` before the `linear` layer", (edit,))
                return
        image = case.diagnostic.shapes and len(case.diagnostic.shapes[0]) > 1
        if image and case.diagnostic.code is Code.BAD_RANK and isinstance(case.entry[-1], int):
            for rank, name in enumerate(("flatten", "global_avg_pool")):
                edit = case.text.insert(case.entry, name)
                if edit is not None:
                    yield Proposal(f"`{name}` before it", (edit,), 3 + rank)
        ranks = [len(shape) for shape in case.diagnostic.shapes]
        for producer, rank in zip(case.producers(), ranks, strict=False):
            if not producer or not rank > min(ranks) == 1 or not isinstance(producer[-1], int):
                continue
            if edits := case.insert_after(producer, "flatten"):
                yield Proposal("`flatten` before they meet", edits, 1)


class FlattenedTooSoon(Mistake):
    """A `flatten` before a layer that takes an image."""

    codes: ClassVar = frozenset({Code.BAD_RANK})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """Without the `flatten`; or a `linear` layer of the same width."""
        entry = case.entry
        if entry is None or not case.diagnostic.shapes:
            return
        for producer in case.producers():
            if producer and case.operation(producer) == "flatten" and without(case, producer):
                yield Proposal("without the `flatten` before it", without(case, producer))
        layer = case.layer(entry)
        slides = layer is not None and layer.main == "out" and "kernel" in layer.option_fields()
        if layer is not None and slides and len(case.diagnostic.shapes[0]) == 1:
            out = case.option(entry, "out")
            kept = {k: v for k, v in (case.text.at(entry) or {}).items() if k in ("name", "bias", "activation")}
            raw = "".join(f", {key}: {case.text.raw((*entry, key))}" for key in kept)
            if out is not None and case.text.has((*entry, layer.op)):
                main = case.text.raw((*entry, layer.op))
                edit = Edit(*case.text.value(entry), f"{{linear: {main}{raw}}}")
                yield Proposal(f"`linear` instead of `{layer.op}`", (edit,), 1)


class DynamicWeight(Mistake):
    """A `linear` layer after a flattened image of any size."""

    codes: ClassVar = frozenset({Code.DYNAMIC_WEIGHT})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """A global average pooling before the `flatten`."""
        entry = case.entry
        if entry is None or not isinstance(entry[-1], int):
            return
        body, at = entry[:-1], entry[-1]
        for index in range(at, -1, -1):
            if case.operation((*body, index)) == "flatten":
                edit = case.text.insert((*body, index), "global_avg_pool")
                if edit:
                    yield Proposal("`global_avg_pool` before the `flatten`", (edit,))
                    edit = case.text.insert((*body, index), "{adaptive_avg_pool: 7}")
                if edit:
                    yield Proposal("`adaptive_avg_pool: 7` before the `flatten`", (edit,), 1)
                return


class WrongDtype(Mistake):
    """Integers where a layer needs fractions, or the other way round."""

    codes: ClassVar = frozenset({Code.WRONG_DTYPE})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """Another element type for the input."""
        fact, text = case.diagnostic.fact, case.text
        if not isinstance(fact, facts.WrongDtype):
            return
        for path in (("input",), ("inputs", fact.input)):
            if path[-1] != fact.input or not text.has(path):
                continue
            if isinstance(text.at(path), list):
                edit = Edit(*text.value(path), f"{{shape: {text.raw(path)}, dtype: {fact.wanted}}}")
            else:
                edit = text.set(path, "dtype", fact.wanted)
            yield Proposal(f"`dtype: {fact.wanted}` for the input", (edit,))


class BadAxis(Mistake):
    """An axis that the input does not have."""

    codes: ClassVar = frozenset({Code.BAD_AXIS})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """The last axis, or the first."""
        if case.written.lstrip("-").isdecimal():
            value = -1 if int(case.written) > 0 else 0
            yield Proposal(f"`{value}` instead of `{case.written}`", case.at_span(str(value)))


class BadReshape(Mistake):
    """A `reshape` to another number of elements."""

    codes: ClassVar = frozenset({Code.BAD_RESHAPE})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """-1 in place of one of its sizes, the first that works."""
        entry = case.entry
        layer = case.layer(entry) if entry else None
        if entry is None or layer is None or layer.main is None:
            return
        shape = case.option(entry, layer.main)
        if isinstance(shape, list) and -1 not in shape and all(type(size) is int for size in shape):
            for index in range(len(shape)):
                value = [*shape[:index], -1, *shape[index + 1 :]]
                yield Proposal(f"`{value}`: -1 is what is left", (case.set(entry, layer.main, value),))
