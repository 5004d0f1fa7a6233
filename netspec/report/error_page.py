"""The page of a diagnostic code."""

from __future__ import annotations

import re

from netspec.diagnostics import Code, NetspecError, did_you_mean


def is_code(text: str) -> bool:
    """Whether `text` is the number of a diagnostic code, such as ``NS0302``."""
    return re.fullmatch(r"NS\d{4}", text) is not None


def error_page(number: str) -> str:
    """What a diagnostic code means.

    Raises:
        NetspecError: NS0901: there is no such code.
    """
    titles = {code.number: code.title for code in Code}
    if number not in titles:
        raise NetspecError.of(
            Code.FILE_NOT_FOUND, f"there is no diagnostic code {number}", help=did_you_mean(number, titles)
        )
    return f"{number}: {titles[number]}\n"
