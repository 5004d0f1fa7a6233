"""The data that a run remembers, refused where they are others. Imports no torch."""

from __future__ import annotations

import os
from pathlib import Path

from netspec.diagnostics import Code, NetspecError
from netspec.files.run_folder import METRICS
from netspec.training.keeping.metrics_file import read_metrics


def check_own_data(run: Path, images: int, held: int, fingerprint: str, counted: str) -> None:
    """Make sure that a run which goes on is given its own data, wherever they lie now.

    Its steps and its schedule count on their number, and what it is judged by on what they are. Runs of earlier
    versions remember no fingerprint.

    Args:
        run: Its folder.
        images: The examples to train on.
        held: Those that are held out of training.
        fingerprint: That of all data.
        counted: The word for examples.

    Raises:
        NetspecError: NS0806: they are others. NS0902: its metrics are not what a run writes.
    """
    data = (read_metrics(run).get("data") if os.path.lexists(run / METRICS) else None) or {}
    pairs = ((data.get("train"), images, "to train on"), (data.get("validation"), held, "for validation"))
    others = [
        f"the data have {now:,} {counted} {of}, {run} has {before:,}: they are not its own"
        for before, now, of in pairs
        if before is not None and before != now
    ]
    if not others and data.get("fingerprint") not in (None, fingerprint):
        others = [f"the data are not those that {run} was trained on: as many {counted}, of another content"]
    if others:
        help = f"`--data` says where a run's data lie now; `netspec train SPEC --weights {run}` learns from others"
        raise NetspecError.of(Code.NOT_RESUMABLE, others[0], help=help)
