"""Limits in common notation: ``26M`` of a count, ``80GB`` of memory."""

import re

_COUNTS = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15}
_NUMBER = re.compile(r"([0-9]+(?:\.[0-9]+)?(?:[eE][0-9]+)?) *([kKMGTP]?)")
_BYTES = {"B": 1, "KB": 2**10, "MB": 2**20, "GB": 2**30, "TB": 2**40}
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?) *([KMGT]?)(i?)B")


def read_bytes(text: str) -> int | None:
    """``80GB`` as bytes, with 1,024 bytes to the KB as in all reports (``80GiB`` is the same); None for other text."""
    match = _SIZE.fullmatch(text.strip())
    return None if match is None else int(float(match[1]) * _BYTES[f"{match[2]}B"])


def read_count(text: str) -> float | None:
    """``26M`` as a number, with powers of 1,000; None for other text."""
    match = _NUMBER.fullmatch(text.strip())
    return None if match is None else float(match[1]) * _COUNTS[match[2]]
