"""Layers by other tools' names, translated with their arguments; unasked only where all of it means the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netspec.diagnostics import Code, Edit
from netspec.fixes.base import Case, Proof, Proposal, mends
from netspec.fixes.text import Edits
from netspec.fixes.told import normalised, plain
from netspec.frontend.foreign import Meant, meant_by
from netspec.frontend.scalars import flow
from netspec.frontend.source import Path_
from netspec.graph import Node

_AXES = ("axis", "axes", "dim", "dims")
"""Options that count axes; in other tools they also count the batch, or the channels come last."""


@mends(Code.UNKNOWN_LAYER)
def foreign_name(case: Case) -> Iterator[Proposal]:
    """The layer meant by `Conv2d`, `nn.Dropout2d`, `Dense`, `ReflectionPad2d`, with the options that they imply."""
    entry, name = case.entry, case.operation(case.entry)
    data = case.text.at(entry) if entry else None
    found = meant_by(name) if isinstance(data, (str, dict)) else None
    if found is None or not found.word.op or (isinstance(data, dict) and name not in data):
        return
    options = data if isinstance(data, dict) else {}
    value = options.get(name)
    adds = {key: each for key, each in found.word.adds.items() if key not in options}
    told = normalised(value) if found.word.main == "features" else None
    proof: Proof | None = Proof(entry, lambda node: _of_rank(found, node)) if found.dimensions else None
    if told is not None:
        if isinstance(value, list) and len(value) > 1 and "axis" not in options:
            adds["axis"] = -len(value)
        proof = Proof(entry, lambda node: told(node) and _of_rank(found, node))
    exact = found.word.exact and _means_the_same(found, value) and not any(key in options for key in _AXES)
    added = [f"{key}: {flow(each)}" for key, each in adds.items()]
    edits = _translated(case, entry, name, found.word.op, added, keeps=told is None)
    title = f"`{', '.join([found.word.op, *added])}` instead of `{name}`"
    yield Proposal(title, edits, 0 if exact else 1, exact, proof)


def _translated(case: Case, entry: Path_, name: str, op: str, added: list[str], keeps: bool) -> Edits:
    """The edits: the new name, without the value unless that is kept, and the added options."""
    text = case.text
    if not isinstance(text.at(entry), dict):
        return text.write(entry, f"{{{', '.join([op, *added])}}}" if added else op)
    start, end = text.key((*entry, name))
    stop = text.pair((*entry, name))[1]
    if text.is_flow(entry):
        return (Edit(start, stop, ", ".join([op + (text.text[end:stop] if keeps else ""), *added])),)
    more = text.add_lines(entry, added) if added else ()
    return (Edit(start, end, op) if keeps else Edit(start, stop, f"{op}:"), *more)


def _means_the_same(found: Meant, value: Any) -> bool:
    """Whether the value after a foreign name has the same meaning in netspec."""
    if value is None:
        return True
    if isinstance(value, list) and all(isinstance(each, str) and not each.startswith("$") for each in value):
        return found.word.main in ("names", "same") and bool(value)
    match found.word.main:
        case "same":
            # A list may be the first arguments in order, or one for each axis: the same only where all are equal.
            return not isinstance(value, list) or found.word.op == "sequence" or len({str(v) for v in value}) == 1
        case "number":
            return plain(value)
        case "negative":
            return plain(value) and value < 0
        case "features":
            return normalised(value) is not None
        case _:
            return False


def _of_rank(found: Meant, node: Node) -> bool:
    """Whether a layer works along as many axes as the foreign name says."""
    return found.dimensions in (None, max(len(node.input_shapes[0]) - 1, 1))
