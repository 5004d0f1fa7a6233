"""What is found to be broken in a data set."""

from __future__ import annotations

from pathlib import Path

from netspec.functional.examples import UnfitData


class Faults:
    """The files of a data set that cannot be read.

    Attributes:
        broken: Entries that cannot be read, each with the reason.
        ways: Ways to mend those of them that no other file mends, by their names.
    """

    def __init__(self) -> None:
        self.broken: list[tuple[str, str]] = []
        self.ways: dict[str, str] = {}

    def note(self, place: Path | str, reason: str, way: str | None = None) -> None:
        """Note what is broken, and the way to mend it if no other file does."""
        self.broken.append((str(place), reason))
        if way is not None:
            self.ways[str(place)] = way

    def refuse_broken(self) -> None:
        """Refuse what is broken, by the first of it."""
        if self.broken:
            (name, reason), *others = dict.fromkeys(self.broken)
            more = f" ({len(others):,} more are broken)" if others else ""
            help = self.ways.get(name, "replace it, or delete it")
            raise UnfitData(f"{name}: {reason}{more}", help)
