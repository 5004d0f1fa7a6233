"""Common options that an entry has and that have no effect there."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from netspec.frontend.entries import Entry
from netspec.frontend.schema import STRUCTURES


def useless(entry: Entry, blocks: Collection[str]) -> Iterator[tuple[str, str, str]]:
    """The given common options without an effect, each with the reason and advice."""
    written, operation = entry.common.model_fields_set, entry.operation
    if operation in (*STRUCTURES, "reuse") or operation in blocks:  # unknown operations are reported already
        for key in ("activation", "tie"):
            if key in written:
                yield key, "only a layer does", "write it at the layer, or an entry of its own after this"
    holds = operation in (*STRUCTURES, *blocks) or entry.computed is not None
    if "defaults" in written and not holds:
        yield "defaults", "it holds no entries", "write the options themselves"
    if operation == "reuse":
        for key in ("init", "freeze"):
            if key in written:
                yield key, "it makes no weights", "write it where the module is made"
    if entry.common.scan is not None:
        if operation not in blocks:
            yield "scan", "only a block has steps", "make a block of it"
        for key in written & {"repeat", "as_", "collect", "only"}:
            why = "a scan gives the results of all its steps, by `to`"
            yield key.removesuffix("_"), why, "leave it out, or write the scan in a group of its own"
    elif entry.common.repeat is None and not entry.wrong & {"repeat", "scan"}:
        rounds = {"as": "name", "carry": "feed", "collect": "gather"}
        for key in written & {"as_", "carry", "collect"}:
            name = key.removesuffix("_")
            steps = name == "carry" and operation in blocks
            why = f"there is no `repeat`{' or `scan`' * steps} whose rounds it could {rounds[name]}"
            yield name, why, f"add a `repeat`{', or a `scan` along an axis' * steps}"
