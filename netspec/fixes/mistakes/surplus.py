"""Repeated and useless entries, which are removed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from netspec.diagnostics import Code, Edit
from netspec.diagnostics.facts import Needless, TakesNone
from netspec.fixes.base import Case, Proof, Proposal, mends
from netspec.fixes.text import first_line, together
from netspec.fixes.told import claim, normalised
from netspec.frontend.foreign import meant_by
from netspec.frontend.schema import STRUCTURES
from netspec.frontend.synonyms import IDLE


@mends(Code.UNKNOWN_OPTION)
def inferred(case: Case) -> Iterator[Proposal]:
    """Without an option that is inferred; certain where it states what flows in, or repeats the main argument."""
    path, text, entry = case.path, case.text, case.entry
    if not entry or not isinstance(case.diagnostic.fact, Needless) or not text.has(path):
        return
    option, value = str(path[-1]), text.at(path)
    removed = text.remove(path)
    told = normalised(value) if option == "normalized_shape" else claim(option, value)
    proof = Proof(entry, told) if told else None
    if told and removed and isinstance(value, list) and len(value) > 1 and not text.has((*entry, "axis")):
        axis = Edit(*text.pair(path), f"axis: {-len(value)}")
        yield Proposal(f"`axis: {-len(value)}` instead of `{option}`", (axis,), -1, True, proof)
    else:
        idle = option in IDLE or value == text.at((*entry, case.operation(entry)))
        yield Proposal(f"without `{text.raw_pair(path)}`", removed, certain=idle or proof is not None, proof=proof)


@mends(Code.BAD_ENTRY)
def no_main(case: Case) -> Iterator[Proposal]:
    """The layer's name alone, or its entry without the value; for a shape of several axes, `axis` instead."""
    fact, text = case.diagnostic.fact, case.text
    if isinstance(fact, TakesNone) and case.path[-1:] == ("activation",):
        yield Proposal(f"`activation: {fact.owner}`", text.write(case.path, fact.owner))
        return
    entry = case.path[:-1] if isinstance(fact, TakesNone) else case.entry
    data = text.at(entry) if entry else None
    if not isinstance(data, dict):
        return
    operation = fact.owner if isinstance(fact, TakesNone) else case.operation(entry)
    if operation not in data or operation in STRUCTURES:  # an expression may stand for the layer's name
        return
    value, found = data[operation], meant_by(operation)
    told = normalised(value) if found and found.word.main == "features" else None
    proof = Proof(entry, told) if told else None
    if isinstance(value, list) and len(value) > 1 and told and "axis" not in data:
        if text.is_flow(entry):
            title = f"`axis: {-len(value)}` normalises a shape of {len(value)} axes"
            shape = Edit(*text.pair((*entry, operation)), f"{operation}: , axis: {-len(value)}")
            yield Proposal(title, (shape,), -1, True, proof)
    elif len(data) == 1 and "\n" not in text.raw(entry):
        yield Proposal(f"`{operation}` alone", text.write(entry, operation), certain=proof is not None, proof=proof)
    elif text.has((*entry, operation)):
        bare = (Edit(*text.pair((*entry, operation)), f"{operation}: "),)
        yield Proposal(f"`{operation}` without a value", bare, certain=proof is not None, proof=proof)


@mends(Code.BAD_ENTRY)
def unnamed(case: Case) -> Iterator[Proposal]:
    """The activation, which Keras gives as an option, as the layer of an entry that names none; or no entry."""
    entry, text = case.entry, case.text
    if entry and entry == case.path and not case.operation(entry):
        given = (*entry, "activation")
        if isinstance(text.at(given), str) and list(text.at(entry)) == ["activation"]:
            yield Proposal(f"`{text.raw(given)}` is the layer", text.write(entry, text.raw(given)), certain=True)
        yield Proposal("without the entry", text.remove(entry), 1)


@mends(Code.CONFLICTING_KEYS)
def useless(case: Case) -> Iterator[Proposal]:
    """Without a key that excludes another; a structure's activation as an entry of its own; `layers` for `sequence`."""
    path, text = case.path, case.text
    if not path or not text.has(path):
        return
    if path[-1] == "activation":
        removed, added = text.remove(path), text.insert(case.entry, text.raw(path), after=True)
        if removed and added and removed[0].end <= added[0].start:
            yield Proposal("the activation as an entry of its own", together(removed, added), -1)
    if path[-1] == "from":
        outer = next((path[:n] for n in range(len(path), 0, -1) if path[n - 1] == "sequence"), None)
        if outer is not None:
            yield Proposal("`layers` instead of `sequence`", text.rename(outer, "layers"), 1)
    pairs = {"inputs": "input", "sequence": "layers", "layers": "sequence", "steps": "epochs"}
    other = (*path[:-1], pairs.get(str(path[-1]), ""))
    for each in (path, other) if text.has(other) else (path,):
        yield Proposal(f"without `{first_line(text.raw_pair(each))}`", text.remove(each))


@mends(Code.DUPLICATE_KEY)
def written_twice(case: Case) -> Iterator[Proposal]:
    """Without the second of two equal keys; without the first."""
    spans = [case.span, *(related.span for related in case.diagnostic.related if related.span)]
    if len(spans) != 2 or len(case.diagnostic.related) != 1:
        return
    pairs = [_pair(case, case.text.range(span)[0]) for span in spans]
    values = [case.text.text[start:end].partition(":")[2].strip() for start, end in pairs if end]
    same = len(values) == 2 and values[0] == values[1]
    for which, (start, end) in zip(("second", "first"), pairs, strict=True):
        if end:
            title = f"without the {which} `{case.text.text[start:end].strip(' ,')}`"
            yield Proposal(title, (_without(case, start, end),), certain=same)
        if same:
            return


def _pair(case: Case, start: int) -> tuple[int, int]:
    """Start of a key on one line, and end of its value; the end is 0 where it is unknown."""
    line_end = case.text.line_of(start)[1]
    line = re.split(r"\s+#", case.text.text[start:line_end])[0].rstrip()
    level = 0
    for at, char in enumerate(line):
        level += (char in "{[(") - (char in "}])")
        if level < 0 or (char == "," and level == 0):
            return start, start + at
    return (start, start + len(line)) if level == 0 and not line.endswith(":") else (start, 0)


def _without(case: Case, start: int, end: int) -> Edit:
    """The edit that removes a pair, with its comma or its line."""
    text = case.text.text
    line, stop = case.text.line_of(start)
    before = text[:start].rstrip(" ")
    if before.endswith(","):
        return Edit(len(before) - 1, end, "")
    if after := re.compile(r",\s*").match(text, end):
        return Edit(start, after.end(), "")
    if not text[line:start].strip():
        return Edit(line, min(stop + len(case.text.newline), len(text)), "")
    return Edit(start, end, "")
