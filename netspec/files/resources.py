"""Files that are shipped with the package: the zoo's specs, the templates, the pages of the error codes."""

from functools import cache
from pathlib import Path
from typing import Literal

from netspec.diagnostics import Code, NetspecError


@cache
def resource_folder(name: Literal["specs", "templates", "docs/errors"]) -> Path:
    """The folder of that name: inside the package in an installed wheel, at the top of a checkout.

    Raises:
        NetspecError: NS0902: the installation is broken: neither is there.
    """
    package = Path(__file__).resolve().parent.parent
    for parent in (package, package.parent):
        if (parent / name).is_dir():
            return parent / name
    raise NetspecError.of(
        Code.FILE_UNREADABLE, f"netspec's own folder `{name}` is missing", help="install the package again"
    )
