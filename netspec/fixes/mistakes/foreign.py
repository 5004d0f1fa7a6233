"""Layers by other tools' names, translated with their arguments; unasked only where all of it means the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from netspec.diagnostics import Code, Edit
from netspec.fixes.base import Case, Mistake, Proof, Proposal
from netspec.fixes.text import written
from netspec.fixes.told import normalised, plain
from netspec.frontend.foreign import Meant, meant_by
from netspec.frontend.source import Path_
from netspec.graph import Node

_AXES = ("axis", "axes", "dim", "dims")
"""Options that count axes; in other tools they also count the batch, or the channels come last."""


class ForeignName(Mistake):
    """`Conv2d`, `nn.Dropout2d`, `Dense`, `ReflectionPad2d`: another tool's name for a layer."""

    codes: ClassVar = frozenset({Code.UNKNOWN_LAYER})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """The layer by netspec's name, with the options that the other name implies."""
        entry = case.entry
        data = case.text.at(entry) if entry else None
        name = case.operation(entry) if entry else ""
        found = meant_by(name) if isinstance(data, (str, dict)) else None
        if entry is None or found is None or not found.word.op or (isinstance(data, dict) and name not in data):
            return
        options = data if isinstance(data, dict) else {}
        value = options.get(name)
        adds = {key: each for key, each in found.word.adds.items() if key not in options}
        keeps = True
        if found.word.main == "features" and (told := normalised(value)):
            keeps = False
            if isinstance(value, list) and len(value) > 1 and "axis" not in options:
                adds["axis"] = -len(value)
            proof: Proof | None = Proof(entry, lambda node: told(node) and of_rank(found, node))
        else:
            proof = Proof(entry, lambda node: of_rank(found, node)) if found.dimensions else None
        exact = found.word.exact and means_the_same(found, value) and not any(key in options for key in _AXES)
        edits = self.translated(case, entry, name, found.word.op, adds, keeps)
        title = f"`{self.shown(found.word.op, adds)}` instead of `{name}`"
        yield Proposal(title, edits, 0 if exact else 1, certain=exact, proof=proof)

    def shown(self, op: str, adds: dict[str, Any]) -> str:
        """The layer with the added options, as text."""
        return ", ".join([op, *(f"{key}: {written(value)}" for key, value in adds.items())])

    def translated(
        self, case: Case, entry: Path_, name: str, op: str, adds: dict[str, Any], keeps: bool
    ) -> tuple[Edit, ...]:
        """The edits: the new name, without the value unless that is kept, and the added options."""
        text = case.text
        if not isinstance(text.at(entry), dict):
            alone = Edit(*text.value(entry), f"{{{self.shown(op, adds)}}}" if adds else op)
            return (alone,)
        start = text.offset(*text.source.keys[(*entry, name)][:2])
        end = text.offset(*text.source.keys[(*entry, name)][2:])
        options = "".join(f", {key}: {written(value)}" for key, value in adds.items())
        if text.is_flow(entry):
            stop = text.pair((*entry, name))[1]
            kept = text.text[end:stop] if keeps else ""
            return (Edit(start, stop, f"{op}{kept}{options}"),)
        more = (text.add_lines(entry, [f"{key}: {written(value)}" for key, value in adds.items()]),) if adds else ()
        stop = end if keeps else text.pair((*entry, name))[1]
        return (Edit(start, stop, op if keeps else f"{op}:"), *more)


def means_the_same(found: Meant, value: Any) -> bool:
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


def of_rank(found: Meant, node: Node) -> bool:
    """Whether a layer works along as many axes as the foreign name says."""
    return found.dimensions in (None, max(len(node.input_shapes[0]) - 1, 1))
