"""Missing values: where there is a usual value, it is put in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath

from netspec.diagnostics import Code, Edit, facts, near_miss
from netspec.diagnostics.nearmiss import is_slip
from netspec.fixes.base import Case, Proposal, mends
from netspec.frontend.schema import COMMON_KEYS, STRUCTURES, DocumentForm
from netspec.frontend.synonyms import INFERRED, option_meant
from netspec.layers import registry

USUAL = {"kernel": (3, 1), "size": (1,), "groups": (32, 8), "heads": (8, 4), "scale": (2,), "factor": (2,)}
"""Values that are usual for options without a default, the most usual first."""


@mends(Code.MISSING_KEY)
def missing_key(case: Case) -> Iterator[Proposal]:
    """The key that was misspelt; the version, or the file's name as the network's."""
    needed, text = case.diagnostic.fact, case.text
    name = needed.name if isinstance(needed, facts.Missing) else ""
    stem = PurePath(text.source.name).stem
    value = {"netspec": "1", "name": re.sub(r"[^\w-]", "_", stem, flags=re.ASCII)}.get(name)
    if value is None or case.path:
        return
    meant = near_miss(name, [key for key in text.source.data if key not in DocumentForm.model_fields])
    if meant is not None:
        slip = is_slip(meant, name, DocumentForm.model_fields)
        yield Proposal(f"`{name}` instead of `{meant}`", text.rename((meant,), name), -1, slip)
    line = f"{name}: {value}"
    if name == "name" and text.has(("netspec",)):
        at = text.line_of(text.value(("netspec",))[1])[1]
        yield Proposal(f"`{line}`", (Edit(at, at, f"{text.newline}{line}"),))
    else:
        first = min((text.pair((key,))[0] for key in text.source.data), default=text.lines[0])
        at = text.line_of(first)[0]
        yield Proposal(f"`{line}`", (Edit(at, at, f"{line}{text.newline}"),), certain=name == "netspec")


@mends(Code.MISSING_OPTION)
def missing_option(case: Case) -> Iterator[Proposal]:
    """The one key that is no option, renamed; the usual values; the number of classes for features of vectors."""
    entry, needed, text = case.entry, case.diagnostic.fact, case.text
    if not entry or not isinstance(needed, facts.Missing):
        return
    name, layer, data = needed.name, case.layer(entry), text.at(entry)
    if layer is not None and isinstance(data, dict):
        known = {layer.op, *layer.option_fields(), *COMMON_KEYS}
        foreign = [key for key in data if isinstance(key, str) and key not in known]
        own = [option_meant(key, layer.option_fields()) in (None, name) and key not in INFERRED for key in foreign]
        if own == [True] and layer.main != name:
            yield Proposal(f"`{name}` instead of `{foreign[0]}`", text.rename((*entry, foreign[0]), name), -1)
    values: list[object] = list(USUAL.get(name, ()))
    if layer is not None and name == "out" and "kernel" not in layer.option_fields():
        params = text.at(("params",))
        values = [f"${key}" for key in ("classes", "num_classes") if isinstance(params, dict) and key in params]
    for rank, value in enumerate(values):
        if layer is None or layer.main != name:
            edits = text.set(entry, name, value)
        elif isinstance(data, dict):
            start = text.key((*entry, layer.op))[1]
            edits = (Edit(start, max(start, text.value((*entry, layer.op))[1]), f": {value}"),)
        else:
            edits = text.write(entry, f"{{{layer.op}: {value}}}")
        yield Proposal(f"`{name}: {value}`", edits, rank)


@mends(Code.UNKNOWN_LAYER)
def not_first(case: Case) -> Iterator[Proposal]:
    """The name of a layer or a part first, or as a key: `{lr: 0.1, sgd}`, `{name: sgd, lr: 0.1}`."""
    path, text, fact = case.path, case.text, case.diagnostic.fact
    if case.entry and not (isinstance(fact, facts.NotFirst) and fact.key):
        yield from _layer_first(case)
    elif isinstance(fact, facts.NotFirst) and text.has(path):
        later = (*path[:-1], fact.name)
        if fact.key and fact.key == path[-1]:
            alone = text.is_block(path[:-1]) or len(text.at(path[:-1])) == 1
            edit = Edit(*text.pair(path), f"{fact.name}:" if alone else fact.name)
            yield Proposal(f"`{fact.name}` as the key", (edit,), certain=True)
        elif not fact.key and text.has(later):
            yield Proposal(f"`{fact.name}` first", text.swap(path, later), certain=True)


def _layer_first(case: Case) -> Iterator[Proposal]:
    """The layer of an entry first."""
    entry, text = case.entry, case.text
    data, first = text.at(entry), case.operation(entry)
    if not isinstance(data, dict):
        return
    blocks = text.at(("blocks",))
    known = {*registry(), *STRUCTURES, "reuse", *(blocks if isinstance(blocks, dict) else ())}
    late = [key for key in data if key != first and key in known]
    if isinstance(case.diagnostic.fact, facts.NotFirst):
        late = [key for key in late if key == case.diagnostic.fact.name]
    for key in late:
        if text.has((*entry, first)) and text.has((*entry, key)):
            title = f"`{key}` first: the first key of an entry is its operation"
            yield Proposal(title, text.swap((*entry, first), (*entry, key)), certain=len(late) == 1)
