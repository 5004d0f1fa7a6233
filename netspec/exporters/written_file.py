"""The result of a format's maker, for the file that it wrote. Imports no torch."""

from __future__ import annotations

from netspec.exporters.result import Difference
from netspec.objects.immutable import immutable


@immutable
class Made:
    """A written and compared file, not yet in its place."""

    differences: tuple[Difference, ...]
    opset: int | None = None
    exporter: str | None = None
