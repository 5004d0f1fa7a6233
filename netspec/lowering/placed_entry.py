"""An entry of the spec at its place: its scope in every lane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from netspec.graph import Scope, ScopeKind, Value
from netspec.lowering.instances import Lane, differ
from netspec.objects.immutable import immutable

if TYPE_CHECKING:
    from netspec.frontend.entries import Entry


@immutable
class Site:
    """The scopes of one entry (or one part of a structure), lane by lane."""

    lanes: Sequence[Lane]
    items: Sequence[Scope]

    @property
    def kind(self) -> ScopeKind:
        """The kind of scope, the same in every lane once `agree` was called."""
        return self.items[0].kind

    @property
    def level(self) -> bool:
        """Whether it is a module with children."""
        return self.items[0].level

    @property
    def entry(self) -> Entry | None:
        """The entry; None for a part of a structure."""
        entry: Entry | None = self.items[0].source.entry
        return entry

    @property
    def written(self) -> Entry:
        """The entry of a site that has one."""
        assert self.entry is not None
        return self.entry

    @property
    def reuses(self) -> bool:
        """Whether it calls an existing module."""
        again: bool = self.items[0].source.again
        return again

    @property
    def there(self) -> list[bool]:
        """The presence of the entry in each lane."""
        return [item.kind != "absent" for item in self.items]

    def agree(self) -> None:
        """Raise if the scopes differ between lanes."""
        differ(self.lanes, [(item.kind, item.level, item.source.again) for item in self.items])

    def where(self, chosen: Sequence[bool]) -> Site:
        """The site in some lanes only."""
        return Site(
            [lane for lane, each in zip(self.lanes, chosen, strict=True) if each],
            [item for item, each in zip(self.items, chosen, strict=True) if each],
        )

    def parts(self) -> list[Site]:
        """The sites inside: entries of a list, branches of a structure, rounds of a repeat."""
        rows = [item.parts() for item in self.items]
        differ(self.lanes, [len(row) for row in rows])
        return [Site(self.lanes, column) for column in zip(*rows, strict=True)]

    def paths(self) -> list[str]:
        """Module paths below the module that the class makes."""
        return [
            item.path[len(lane.root.path) + 1 :] if lane.root.path else item.path
            for lane, item in zip(self.lanes, self.items, strict=True)
        ]

    def inputs(self) -> list[list[Value]]:
        """The inputs: for each, its value in each lane."""
        rows = [item.source.inputs or () for item in self.items]
        differ(self.lanes, [len(row) for row in rows])
        return [list(column) for column in zip(*rows, strict=True)]

    def results(self) -> list[dict[Lane, Value]]:
        """The results: for each, its value in each lane."""
        rows = [item.source.results or () for item in self.items]
        differ(self.lanes, [len(row) for row in rows])
        return [dict(zip(self.lanes, column, strict=True)) for column in zip(*rows, strict=True)]
