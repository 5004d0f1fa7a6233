"""Whether files and packages are what their spec would give today."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from netspec.backends.step import out_of_step
from netspec.companions.companion_files import files
from netspec.companions.folder import package

if TYPE_CHECKING:
    from netspec.driver.spec import Spec


def differences(spec: Spec, built: Path, *, train: bool = False, test: bool = False) -> dict[Path, str]:
    """The difference of each file from its text by the spec, as a unified diff; empty where there is none.

    Args:
        spec: The spec that they were made from.
        built: A source, whose companions stand beside it, or the folder of a package.
        train: Whether the training script is among them.
        test: Whether the test file is among them; in a package it always is.

    Raises:
        NetspecError: The spec is wrong, or a file cannot be read.
    """
    if built.is_dir():
        texts = {built / path: text for path, text in package(spec, train=train).items()}
    else:
        texts = files(spec, built, train=train, test=test)
    return {path: out_of_step(path, text) for path, text in texts.items()}
