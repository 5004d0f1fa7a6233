"""What a document is written on."""

from __future__ import annotations

from netspec.objects.immutable import immutable


@immutable
class Page:
    """A terminal or a file.

    Attributes:
        width: Its width in characters.
        unicode: Whether it takes more than ASCII.
        fixed: Whether it breaks longer lines, as terminals do.
    """

    width: int = 80
    unicode: bool = True
    fixed: bool = True

    @property
    def ellipsis(self) -> str:
        """The sign for text that was cut."""
        return "…" if self.unicode else "..."
