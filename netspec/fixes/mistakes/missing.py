"""Missing values: where there is a usual value, it is put in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import ClassVar

from netspec.diagnostics import Code, Edit, facts, near_miss
from netspec.diagnostics.facts import Missing
from netspec.diagnostics.slips import is_slip
from netspec.fixes.base import Case, Mistake, Proposal
from netspec.frontend.schema import COMMON_KEYS, STRUCTURES, DocumentForm
from netspec.layers import registry

USUAL = {"kernel": (3, 1), "size": (1,), "groups": (32, 8), "heads": (8, 4), "scale": (2,), "factor": (2,)}
"""Values that are usual for options without a default, the most usual first."""


class MissingOption(Mistake):
    """A layer without an option that it needs."""

    codes: ClassVar = frozenset({Code.MISSING_OPTION})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """The one key that is no option, renamed; the usual values; the number of classes for features of vectors."""
        entry, needed = case.entry, case.diagnostic.fact
        if entry is None or not isinstance(needed, Missing):
            return
        name = needed.name
        layer = case.layer(entry)
        data = case.text.at(entry)
        if layer is not None and isinstance(data, dict):
            known = {layer.op, *layer.option_fields(), *COMMON_KEYS}
            foreign = [key for key in data if isinstance(key, str) and key not in known]
            if len(foreign) == 1 and layer.main != name:
                title = f"`{name}` instead of `{foreign[0]}`"
                yield Proposal(title, (case.text.rename((*entry, foreign[0]), name),), -1)
        values: list[object] = list(USUAL.get(name, ()))
        if layer is not None and name == "out" and "kernel" not in layer.option_fields():
            params = case.text.at(("params",))
            values = [f"${key}" for key in ("classes", "num_classes") if isinstance(params, dict) and key in params]
        for rank, value in enumerate(values):
            if layer is None or layer.main != name:
                edit = case.text.set(entry, name, value)
            elif isinstance(case.text.at(entry), dict):
                start = case.text.pair((*entry, layer.op))[0] + len(layer.op)
                end = case.text.value((*entry, layer.op))[1]
                edit = Edit(start, max(start, end), f": {value}")
            else:
                edit = Edit(*case.text.value(entry), f"{{{layer.op}: {value}}}")
            yield Proposal(f"`{name}: {value}`", (edit,), rank)


class MissingKey(Mistake):
    """A spec without a key that it needs."""

    codes: ClassVar = frozenset({Code.MISSING_KEY})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """The key that was misspelt; the version, or the file's name as the network's."""
        needed = case.diagnostic.fact
        name = needed.name if isinstance(needed, Missing) else ""
        stem = PurePath(case.text.source.name).stem
        value = {"netspec": "1", "name": re.sub(r"[^\w-]", "_", stem, flags=re.ASCII)}.get(name)
        if value is None or case.path:
            return
        meant = near_miss(name, [key for key in case.text.source.data if key not in DocumentForm.model_fields])
        if meant is not None:
            slip = is_slip(meant, name, DocumentForm.model_fields)
            yield Proposal(f"`{name}` instead of `{meant}`", (case.text.rename((meant,), name),), -1, certain=slip)
        at = case.text.lines[0]
        if name == "name" and case.text.has(("netspec",)):
            at = case.text.line_of(case.text.value(("netspec",))[1])[1]
            yield Proposal(f"`name: {value}`", (Edit(at, at, f"{case.text.newline}name: {value}"),))
            return
        first = min((case.text.pair((key,))[0] for key in case.text.source.data), default=at)
        at = case.text.line_of(first)[0]
        yield Proposal(
            f"`{name}: {value}`", (Edit(at, at, f"{name}: {value}{case.text.newline}"),), certain=name == "netspec"
        )


class NotFirst(Mistake):
    """A layer, or a part of a recipe, whose name is not the first key: `{lr: 0.1, sgd}`, `{name: sgd, lr: 0.1}`."""

    codes: ClassVar = frozenset({Code.UNKNOWN_LAYER})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """The name first; the name as a key, where it is the value of another."""
        path, text, fact = case.path, case.text, case.diagnostic.fact
        if case.entry is not None:
            yield from self.layer_first(case)
        elif isinstance(fact, facts.NotFirst) and text.has(path):
            later = (*path[:-1], fact.name)
            if fact.key:
                alone = text.is_block(path[:-1]) or len(text.at(path[:-1])) == 1
                edit = Edit(*text.pair(path), f"{fact.name}:" if alone else fact.name)
                yield Proposal(f"`{fact.name}` as the key", (edit,), certain=True)
            elif text.has(later):
                yield Proposal(f"`{fact.name}` first", tuple(text.swap(path, later)), certain=True)

    def layer_first(self, case: Case) -> Iterator[Proposal]:
        """The layer of an entry first."""
        entry = case.entry
        data = case.text.at(entry) if entry else None
        if entry is None or not isinstance(data, dict):
            return
        first = case.operation(entry)
        blocks = case.text.at(("blocks",))
        known = {*registry(), *STRUCTURES, "reuse", *(blocks if isinstance(blocks, dict) else ())}
        late = [key for key in data if key != first and key in known]
        for key in late:
            if case.text.has((*entry, first)) and case.text.has((*entry, key)):
                edits = tuple(case.text.swap((*entry, first), (*entry, key)))
                yield Proposal(
                    f"`{key}` first: the first key of an entry is its operation", edits, certain=len(late) == 1
                )
