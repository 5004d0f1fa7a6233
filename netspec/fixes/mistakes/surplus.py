"""Repeated and useless entries, which are removed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from netspec.diagnostics import Code, Edit
from netspec.diagnostics.facts import Needless, TakesNone
from netspec.fixes.base import Case, Mistake, Proof, Proposal, is_structure
from netspec.fixes.text import first_line
from netspec.fixes.told import claim, normalised
from netspec.frontend.foreign import meant_by
from netspec.frontend.synonyms import IDLE


class WrittenTwice(Mistake):
    """A key written twice in one mapping."""

    codes: ClassVar = frozenset({Code.DUPLICATE_KEY})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """Without the second; without the first."""
        spans = [case.diagnostic.span, *(related.span for related in case.diagnostic.related)]
        if len(spans) != 2 or spans[0] is None or spans[1] is None:
            return
        pairs = [self.pair(case, case.text.range(span)[0]) for span in spans if span]
        values = [case.text.text[start:end].partition(":")[2].strip() for start, end in pairs if end]
        same = len(values) == 2 and values[0] == values[1]
        for which, (start, end) in zip(("second", "first"), pairs, strict=True):
            if end:
                title = f"without the {which} `{case.text.text[start:end].strip(' ,')}`"
                yield Proposal(title, (self.without(case, start, end),), certain=same)
            if same:
                return

    def pair(self, case: Case, start: int) -> tuple[int, int]:
        """Start of a key on one line, and end of its value; the end is 0 where it is unknown."""
        line_end = case.text.line_of(start)[1]
        line = re.split(r"\s+#", case.text.text[start:line_end])[0].rstrip()
        level = 0
        for at, char in enumerate(line):
            level += (char in "{[(") - (char in "}])")
            if level < 0 or (char == "," and level == 0):
                return start, start + at
        return (start, start + len(line)) if level == 0 and not line.endswith(":") else (start, 0)

    def without(self, case: Case, start: int, end: int) -> Edit:
        """The edit that removes a pair, with its comma or its line."""
        text = case.text.text
        line, stop = case.text.line_of(start)
        before = text[:start].rstrip(" ")
        if before.endswith(","):
            return Edit(len(before) - 1, end, "")
        if text[end : end + 1] == ",":
            after = re.compile(r",\s*").match(text, end)
            return Edit(start, after.end() if after else end, "")
        if not text[line:start].strip():
            return Edit(line, min(stop + len(case.text.newline), len(text)), "")
        return Edit(start, end, "")


class Useless(Mistake):
    """A key that excludes another, or has no effect in its entry."""

    codes: ClassVar = frozenset({Code.CONFLICTING_KEYS})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """Without it; a structure's activation as an entry after it; `layers` for a `sequence` with `from`."""
        path, text = case.path, case.text
        if not path or not text.has(path):
            return
        entry = case.entry
        if path[-1] == "activation" and entry is not None and isinstance(path[-1], str):
            removed, added = text.remove(path), text.insert(entry, text.raw(path), after=True)
            if removed and added and removed.end <= added.start:
                yield Proposal("the activation as an entry of its own", (removed, added), -1)
        if path[-1] == "from":
            outer = next((path[:n] for n in range(len(path), 0, -1) if path[n - 1] == "sequence"), None)
            if outer is not None:
                yield Proposal("`layers` instead of `sequence`", (text.rename(outer, "layers"),), 1)
        pairs = {"inputs": "input", "sequence": "layers", "layers": "sequence", "steps": "epochs"}
        other = (*path[:-1], pairs.get(str(path[-1]), ""))
        for each in (path, other) if text.has(other) else (path,):
            edit = text.remove(each)
            if edit is not None:
                yield Proposal(f"without `{first_line(text.text[slice(*text.pair(each))])}`", (edit,))


class Inferred(Mistake):
    """An option that is inferred, or that the main argument gives."""

    codes: ClassVar = frozenset({Code.UNKNOWN_OPTION})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """Without it; certain where it states what flows in, or repeats the main argument."""
        path, text, entry = case.path, case.text, case.entry
        if entry is None or not isinstance(case.diagnostic.fact, Needless) or not text.has(path):
            return
        option, value = str(path[-1]), text.at(path)
        title = f"without `{text.text[slice(*text.pair(path))]}`"
        edit = text.remove(path)
        if edit is None:
            return
        told = normalised(value) if option == "normalized_shape" else claim(option, value)
        if told is not None and isinstance(value, list) and len(value) > 1 and not text.has((*entry, "axis")):
            axis = Edit(*text.pair(path), f"axis: {-len(value)}")
            yield Proposal(f"`axis: {-len(value)}` instead of `{option}`", (axis,), -1, True, Proof(entry, told))
        elif told is not None:
            yield Proposal(title, (edit,), certain=True, proof=Proof(entry, told))
        else:
            idle = option in IDLE or value == text.at((*entry, case.operation(entry)))
            yield Proposal(title, (edit,), certain=idle)


class NoMain(Mistake):
    """A main argument where none is allowed."""

    codes: ClassVar = frozenset({Code.BAD_ENTRY})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """The layer's name alone, or its entry without the value; for a shape of several axes, `axis` instead."""
        fact, text = case.diagnostic.fact, case.text
        if isinstance(fact, TakesNone) and case.path[-1:] == ("activation",):
            yield Proposal(f"`activation: {fact.owner}`", (Edit(*text.value(case.path), fact.owner),))
            return
        entry = case.path[:-1] if isinstance(fact, TakesNone) else case.entry
        data = text.at(entry) if entry else None
        if not entry or not isinstance(data, dict):
            return
        operation = fact.owner if isinstance(fact, TakesNone) else case.operation(entry)
        if operation not in data or is_structure(operation):  # an expression may stand for the layer's name
            return
        value, found = data[operation], meant_by(operation)
        told = normalised(value) if found and found.word.main == "features" else None
        proof = Proof(entry, told) if told else None
        if isinstance(value, list) and len(value) > 1 and told and "axis" not in data:
            start, end = text.pair((*entry, operation))
            shape = Edit(start, end, f"{operation}: , axis: {-len(value)}")
            if text.is_flow(entry):
                title = f"`axis: {-len(value)}` normalises a shape of {len(value)} axes"
                yield Proposal(title, (shape,), -1, True, proof)
        elif len(data) == 1 and "\n" not in text.raw(entry):
            alone = (Edit(*text.value(entry), operation),)
            yield Proposal(f"`{operation}` alone", alone, certain=proof is not None, proof=proof)
        elif text.has((*entry, operation)):
            start, end = text.pair((*entry, operation))
            without = (Edit(start, end, f"{operation}: "),)
            yield Proposal(f"`{operation}` without a value", without, certain=proof is not None, proof=proof)


class Unnamed(Mistake):
    """An entry that names no layer."""

    codes: ClassVar = frozenset({Code.BAD_ENTRY})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """The activation, which Keras gives as an option, as the layer; or no entry."""
        if case.entry and case.entry == case.path and not case.operation(case.entry):
            given = case.text.at((*case.entry, "activation"))
            if isinstance(given, str) and list(case.text.at(case.entry)) == ["activation"]:
                raw = case.text.raw((*case.entry, "activation"))
                yield Proposal(f"`{raw}` is the layer", (Edit(*case.text.value(case.entry), raw),), certain=True)
            edit = case.text.remove(case.entry)
            if edit is not None:
                yield Proposal("without the entry", (edit,), 1)
