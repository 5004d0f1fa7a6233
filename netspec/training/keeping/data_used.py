"""The data that a run remembers, told of or refused where they have changed. Imports no torch."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from netspec.diagnostics import Code, NetspecError
from netspec.files.run_folder import METRICS
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


def check_as_many(run: Path, images: int, held: int, counted: str) -> None:
    """Make sure that a run which goes on is given as many examples as before: its steps and its schedule count on them.

    Args:
        run: Its folder.
        images: The examples to train on.
        held: Those that are held out of training.
        counted: The word for them.

    Raises:
        NetspecError: NS0806: there are more or fewer. NS0902: its metrics are not what a run writes.
    """
    data = (read_metrics(run).get("data") if os.path.lexists(run / METRICS) else None) or {}
    pairs = ((data.get("train"), images, "to train on"), (data.get("validation"), held, "for validation"))
    for before, now, of in pairs:
        if before is not None and before != now:
            what = f"the data have {now:,} {counted} {of}, {run} has {before:,}: they are not its own"
            help = f"`--data` says where a run's data lie now; `netspec train SPEC --weights {run}` learns from others"
            raise NetspecError.of(Code.NOT_RESUMABLE, what, help=help)
