"""The scope tree of a network: the nesting of its layer calls in blocks, sequences, branches and rounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any, Literal

from netspec.objects.immutable import mutable

ScopeKind = Literal[
    "network", "block", "sequence", "residual", "parallel", "group", "repeat", "scan",
    "branch", "round", "layer", "absent",
]  # fmt: skip


@mutable
class Scope:
    """An elaborated part of the spec.

    Attributes:
        kind: The kind of its entry. A `layer` scope holds exactly one node key, an `absent` one nothing.
        path: Module path if `level` holds; else that of the enclosing level.
        level: Whether it is a separate torch module (with children).
        label: Block name, structure or layer name, for tables.
        children: Scopes in the order of the text, and node keys (strings).
        source: Its origin, for lowering; opaque to all other code.
        arguments: Of a block, the values of its parameters.
        usual: The parameters that are not given, so that they have their defaults.
    """

    kind: ScopeKind
    path: str
    level: bool
    label: str
    children: list[Scope | str] = field(default_factory=list)
    source: Any = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    usual: frozenset[str] = frozenset()

    def parts(self) -> list[Scope]:
        """The scopes directly inside."""
        return [child for child in self.children if isinstance(child, Scope)]

    def walk(self) -> Iterator[Scope]:
        """This scope and all scopes below it, outermost first."""
        pending = [self]
        while pending:
            scope = pending.pop()
            yield scope
            pending.extend(c for c in reversed(scope.children) if isinstance(c, Scope))

    def node_keys(self) -> Iterator[str]:
        """The node keys below it, in the order of the text."""
        pending: list[Scope | str] = [self]
        while pending:
            part = pending.pop()
            if isinstance(part, str):
                yield part
            else:
                pending.extend(reversed(part.children))

    def innermost(self) -> Scope:
        """The scope itself, or the block that is its only content: a round with one block call is that block."""
        scope = self
        while len(scope.children) == 1:
            (child,) = scope.children
            if isinstance(child, str) or not child.level or child.path != scope.path:
                break
            scope = child
        return scope
