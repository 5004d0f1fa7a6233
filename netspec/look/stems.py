"""Stems of files' names: strangers' names of layers and images, with nothing that a disk or a page minds."""

from __future__ import annotations

import re

_LONGEST = 80


def stem(name: str) -> str:
    """A name in letters, digits, dots, dashes and underscores, at most 80 of them."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name)[:_LONGEST].strip(".-") or "layer"
