"""The data that a run remembers, told of where they have changed. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from netspec.functional.data.boxed import Boxed
from netspec.training.keeping.metrics_file import read_metrics


def fingerprint_facts(parts: Sequence[Boxed]) -> dict[str, Any]:
    """The fingerprint of images with boxes, under `annotations`; nothing of data that have none."""
    each = [found for part in parts if (found := part.fingerprint())]
    return {"annotations": sha256(" ".join(each).encode()).hexdigest()} if each else {}


def changed_data(run: Path, parts: Sequence[Boxed]) -> Iterator[str]:
    """A remark on annotations that are others than when a run last read them; none where it does not tell.

    Raises:
        NetspecError: NS0902: its metrics are not what a run writes. NS0925: they are a link.
    """
    before = (read_metrics(run).get("data") or {}).get("annotations")
    if before is not None and {"annotations": before} != fingerprint_facts(parts):
        yield f"the annotations are not as they were when {run} was trained: what follows learns from the new ones"
