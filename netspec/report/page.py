"""Pages: a terminal or a file, as far as a text's layout depends on it."""

from __future__ import annotations

from netspec.objects.immutable import immutable


@immutable
class Page:
    """A terminal or a file: its width in characters, and whether it takes more than ASCII."""

    width: int = 80
    unicode: bool = True

    @property
    def ellipsis(self) -> str:
        """The sign for text that was cut."""
        return "…" if self.unicode else "..."
