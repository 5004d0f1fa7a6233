"""Params that nothing reads and blocks that nobody calls: over `extends` mostly misspelt ones of the other spec."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from netspec import expr as e
from netspec.diagnostics import Code, unknown
from netspec.frontend.entries import walk
from netspec.frontend.expressions import BadExpression, Template, parse
from netspec.frontend.problems import Report
from netspec.frontend.source import Path_

if TYPE_CHECKING:
    from netspec.frontend.document import Document

DESCRIPTIONS = ("doc", "references")
"""Keys whose texts are for readers alone."""


def unread_params(document: Document) -> Iterator[Path_]:
    """The params of the text itself, the network's and then those of its blocks, that no expression reads.

    What it extends is left out: a spec need not use all that it starts from.
    """
    data, own = document.places.data, document.places.sources[0].data
    rest = {key: value for key, value in data.items() if key != "blocks"}  # a block does not see the network's params
    yield from _unread(document.params, rest, ("params",), own)
    for name, block in document.blocks.items():
        yield from _unread(block.params, data["blocks"][name], (*block.path, "params"), own)


def uncalled_blocks(document: Document) -> Iterator[str]:
    """The blocks of the text itself that are reached from no entry of the network."""
    pending, called = [document.body], set[str]()
    while pending:
        names = {entry.operation for entry in walk(pending.pop().entries)} & set(document.blocks) - called
        called |= names
        pending += [document.blocks[name].body for name in names]
    own = _mapping(document.places.sources[0].data, "blocks")
    yield from (name for name in document.blocks if name in own and name not in called)


def refuse_misspelt_params(document: Document, report: Report) -> None:
    """Report params over an extended spec that nothing reads, and that are nearly named like one of that spec."""
    places = document.places
    for at, text in enumerate(places.sources[:-1]):
        known = [name for base in places.sources[at + 1 :] for name in _mapping(base.data, "params")]
        new = [name for name in _mapping(text.data, "params") if name in document.params and name not in known]
        if not new:
            continue
        read = set(_names({key: value for key, value in places.data.items() if key != "blocks"}))
        for name in new:
            fact = unknown(name, known)
            if name not in read and fact.meant:
                report.add(
                    Code.UNKNOWN_PARAM,
                    f"`{text.data.get('extends')}` has no param `{name}`, and nothing here reads one",
                    ("params", name),
                    key=True,
                    expected=f"one of its params ({', '.join(dict.fromkeys(known))})",
                    fact=fact,
                )


def _unread(params: Any, scope: Any, path: Path_, own: Any) -> Iterator[Path_]:
    for key in path:
        own = _mapping(own, key)
    unread = [name for name in params if name in own]
    if unread:
        read = set(_names(scope))
        yield from ((*path, name) for name in unread if name not in read)


def _mapping(data: Any, key: Any) -> dict[str, Any]:
    """A mapping inside another; an empty one where there is none."""
    found = data.get(key) if isinstance(data, dict) else None
    return found if isinstance(found, dict) else {}


def _names(value: Any) -> Iterator[str]:
    """The variables that expressions in a value read."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key not in DESCRIPTIONS:
                yield from _names(key)
                yield from _names(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _names(each)
    elif isinstance(value, str) and "$" in value:
        try:
            parsed = parse(value)
        except BadExpression:  # reported where it stands; who knows what it was to read
            yield from re.findall(r"\w+", value)
            return
        for part in parsed.parts if isinstance(parsed, Template) else (parsed,):
            if isinstance(part, e.Expr):
                yield from e.names(part)
