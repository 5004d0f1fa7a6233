"""Files that are shipped with the package: the zoo's specs, the templates, the pages of the error codes."""

from functools import cache
from pathlib import Path
from typing import Literal


@cache
def resource_folder(name: Literal["specs", "templates", "docs/errors"]) -> Path:
    """The folder of that name: inside the package in an installed wheel, at the top of a checkout.

    Raises:
        FileNotFoundError: The installation is broken: neither is there.
    """
    package = Path(__file__).resolve().parent
    for parent in (package, package.parent):
        if (parent / name).is_dir():
            return parent / name
    raise FileNotFoundError(f"netspec's {name} folder is missing; install the package again")
