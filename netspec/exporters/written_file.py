"""What a format's maker tells of the file that it wrote. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.exporters.result import Difference


@dataclass(frozen=True, slots=True)
class Made:
    """A written and compared file, not yet in its place."""

    differences: tuple[Difference, ...]
    opset: int | None = None
    exporter: str | None = None
