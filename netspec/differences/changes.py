"""Differences between two networks, layer by layer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from typing import Any, Literal

from netspec.analysis import Analysis
from netspec.analysis.unknown_sums import total
from netspec.differences.align import align
from netspec.differences.parts import Forms, Part, unequal
from netspec.graph import Value
from netspec.objects.immutable import mutable, unique

Kind = Literal["added", "removed", "changed", "replaced", "renamed", "rewired", "resized"]
"""`replaced`: another layer under the same name; `rewired`: it reads other layers; `resized`: it has the same entry and
another size from its input."""


@unique
class Change:
    """One difference.

    Attributes:
        kind: The kind of the change.
        before: The part of the first network; None for an added part.
        after: The part of the second; None for a removed part.
        inside: The modules around it as they are in the second network, outermost first.
        options: Changed options of a layer, or arguments of a block's call, each with its two values.
        params: Difference in learned scalars; None is unknown. The sum over all changes is that of the networks.
        macs: Difference in multiply-accumulates, likewise.
    """

    kind: Kind
    before: Part | None
    after: Part | None
    inside: tuple[Part, ...] = field(repr=False)
    options: Mapping[str, tuple[Any, Any]]
    params: int | None
    macs: int | None

    @property
    def part(self) -> Part:
        """The part in the second network, or else in the first."""
        found = self.after or self.before
        assert found is not None
        return found


@mutable
class _Comparison:
    """The walk over two trees. `partners` fills with the layers that correspond: key to key."""

    before: Analysis
    after: Analysis
    same_blocks: frozenset[str]
    partners: dict[str, str] = field(default_factory=dict)

    def walk(self, before: Part, after: Part, inside: tuple[Part, ...]) -> Iterator[Change]:
        """The changes inside two modules that correspond."""
        around = (*inside, after)
        for a, b in align(before.children, after.children):
            if a is None or b is None:
                yield self.change("added" if a is None else "removed", a, b, around)
                continue
            if a.name != b.name and not (a.automatic and b.automatic):
                yield self.change("renamed", a, b, around, counted=False)
            if not a.children:
                yield from self.layer(a, b, around)
            elif a.arguments != b.arguments and self.is_same_block(a, b):
                # The contents follow from the arguments and from the inputs; they are no change of their own.
                for _ in self.walk(a, b, around):
                    pass
                yield self.change("changed", a, b, around, unequal(a.arguments, b.arguments))
            else:
                yield from self.walk(a, b, around)

    def layer(self, a: Part, b: Part, inside: tuple[Part, ...]) -> Iterator[Change]:
        """The changes of a layer."""
        self.partners[a.path] = b.path
        options = unequal(a.options, b.options)
        if a.label != b.label:
            yield self.change("replaced", a, b, inside)
        elif options:
            yield self.change("changed", a, b, inside, options)
        else:
            one, other = self.before.graph.nodes[a.path], self.after.graph.nodes[b.path]
            if one.input_shapes != other.input_shapes or one.output_shapes != other.output_shapes:
                yield self.change("resized", a, b, inside)

    def is_same_block(self, a: Part, b: Part) -> bool:
        """Whether two calls are of one block, and the blocks inside are the same as well."""
        return a.label == b.label and all(part.label in self.same_blocks for part in a.walk() if part.block)

    def change(
        self,
        kind: Kind,
        a: Part | None,
        b: Part | None,
        inside: tuple[Part, ...],
        options: Mapping[str, tuple[Any, Any]] | None = None,
        *,
        counted: bool = True,
    ) -> Change:
        """A change with its counts; a change of name costs nothing."""
        old, new = (_figures(self.before, a), _figures(self.after, b)) if counted else ((0, 0), (0, 0))
        return Change(kind, a, b, inside, options or {}, *map(_difference, old, new))

    def rewired(self, before: Part, after: Part) -> Iterator[Change]:
        """Layers that correspond and read other layers than before, though those still exist."""
        homes = {child.path: (child, inside) for child, inside in _leaves(after, ())}
        known = set(self.partners.values())
        origins = {part.path: part for part in before.walk() if not part.children}
        for a, b in self.partners.items():
            read = [self.now(value) for value in self.before.graph.nodes[a].inputs]
            reads = [(value.key, value.index) for value in self.after.graph.nodes[b].inputs]
            fresh = any(key not in known and key not in self.after.graph.inputs for key, _ in reads)
            if read != reads and None not in read and not fresh:
                part, inside = homes[b]
                yield self.change("rewired", origins[a], part, inside, counted=False)

    def now(self, value: Value) -> tuple[str, int] | None:
        """A tensor of the first network in the second; None where it is gone."""
        if value.key in self.before.graph.inputs:
            return (value.key, value.index) if value.key in self.after.graph.inputs else None
        partner = self.partners.get(value.key)
        return None if partner is None else (partner, value.index)


def find_changes(before: Analysis, after: Analysis, same_blocks: Iterable[str]) -> tuple[list[Change], dict[str, str]]:
    """Every difference between two networks, in the order of the second one's text, and the layers that correspond.

    Args:
        before: The first network with its figures.
        after: The second.
        same_blocks: Names of the blocks that both specs define alike.
    """
    forms = Forms()
    comparison = _Comparison(before, after, frozenset(same_blocks))
    one, other = forms.tree(before.graph), forms.tree(after.graph)
    changes = list(comparison.walk(one, other, ()))
    return [*changes, *comparison.rewired(one, other)], comparison.partners


def _leaves(part: Part, inside: tuple[Part, ...]) -> Iterator[tuple[Part, tuple[Part, ...]]]:
    for child in part.children:
        if child.children:
            yield from _leaves(child, (*inside, part))
        else:
            yield child, (*inside, part)


def _figures(analysis: Analysis, part: Part | None) -> tuple[int | None, int | None]:
    """Learned scalars and multiply-accumulates of a part."""
    keys = part.keys if part else ()
    return total(analysis.weights.nodes[key].params for key in keys), total(analysis.work.nodes[key] for key in keys)


def _difference(before: int | None, after: int | None) -> int | None:
    return None if before is None or after is None else after - before
