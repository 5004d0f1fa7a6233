"""The data of a script, as they are read."""

from __future__ import annotations

import argparse
from typing import Any

import torch.distributed as dist

from netspec.functional.data.places import located
from netspec.functional.process import Process
from netspec.functional.script.settings import FOLDER, UNSEEN, load_data, load_folder


def read_data(options: argparse.Namespace, process: Process) -> Any:
    """All data; the first of several processes reads them first."""
    if process.rank > 0:
        dist.barrier()
    if FOLDER is None:
        data = load_data()
    else:
        place = options.data
        try:
            place = located(place)
            if UNSEEN and not (place.is_dir() or place.is_file()):
                reason = "no file and no folder" if place.exists() else "not there"
                raise FileNotFoundError(f"{place} is {reason}")
            data = load_folder(place)
        except FileNotFoundError as error:
            way = "say where the data lie: --data, or NETSPEC_DATA"
            raise SystemExit(f"{error}; {way}") from None
        except (OSError, EOFError, ValueError) as error:
            what = " ".join(f"{error}".split())
            named = what if f"{place}" in what else f"{place}: {what}"
            raise SystemExit(named) from None
    if process.world > 1 and process.rank == 0:
        dist.barrier()
    return data
