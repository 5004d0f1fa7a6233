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
        place = located(options.data)
        try:
            if UNSEEN and not place.exists():
                raise FileNotFoundError(f"{place} is not there")
            data = load_folder(place)
        except FileNotFoundError as error:
            way = "say where the data lie: --data, or NETSPEC_DATA"
            raise SystemExit(f"{error}; {way}") from None
        except (OSError, EOFError, ValueError) as error:
            raise SystemExit(f"{error}") from None
    if process.world > 1 and process.rank == 0:
        dist.barrier()
    return data
