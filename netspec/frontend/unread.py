"""Params that nothing reads and blocks that nothing calls: with `extends`, mostly misspelt names of the other spec."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Code, unknown
from netspec.frontend.entries import Entry, walk
from netspec.frontend.parameters import REQUIRED, Parameter
from netspec.frontend.problems import Report
from netspec.frontend.source import Path_
from netspec.frontend.written import names_read

if TYPE_CHECKING:
    from netspec.frontend.document import Body, Document


def unread_params(document: Document) -> Iterator[Path_]:
    """The params of the text itself that no expression reads: the network's, then those of its blocks.

    Inherited params are left out: a spec need not use everything that it extends.
    """
    data, own = document.data, document.places.sources[0].data
    yield from _unread(document.params, _names_around(document), ("params",), own)
    for name, block in document.blocks.items():
        yield from _unread(block.params, _names(block.body, data["blocks"][name]), (*block.path, "params"), own)


def uncalled_blocks(document: Document) -> Iterator[str]:
    """The blocks of the text itself that no entry of the network reaches."""
    around = (document.params, document.let, document.defaults)
    pending: list[tuple[Body, tuple[Any, ...]]] = [(document.body, around)]
    called = set[str]()
    while pending:
        body, values = pending.pop()
        named = set(_texts(values)).union(*map(_named, walk(body.entries)))
        names = named & set(document.blocks) - called
        called |= names
        blocks = [document.blocks[name] for name in names]
        pending += [(each.body, (each.params, each.let, each.defaults)) for each in blocks]
    own = _mapping(document.places.sources[0].data, "blocks")
    yield from (name for name in document.blocks if name in own and name not in called)


def _named(entry: Entry) -> Iterator[str]:
    """The operation of an entry, and the texts among its values, by which a block may be given to another."""
    common = entry.common
    yield entry.operation
    yield from _texts((entry.main, entry.options, common.let, common.defaults, common.repeat))


def _texts(value: Any) -> Iterator[str]:
    """The texts in a value, and the keys of its mappings."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Parameter):
        yield from _texts(None if value.default is REQUIRED else value.default)
    elif isinstance(value, dict):
        yield from value
        yield from (text for each in value.values() for text in _texts(each))
    elif isinstance(value, (list, tuple)):
        yield from (text for each in value for text in _texts(each))


def refuse_misspelt_params(document: Document, report: Report) -> None:
    """Report unread params of an extending spec whose names are similar to one of the extended spec."""
    places = document.places
    for at, text in enumerate(places.sources[:-1]):
        known = [name for base in places.sources[at + 1 :] for name in _mapping(base.data, "params")]
        new = [name for name in _mapping(text.data, "params") if name in document.params and name not in known]
        if not new:
            continue
        read = _names_around(document)
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


def _unread(params: Any, read: frozenset[str], path: Path_, own: Any) -> Iterator[Path_]:
    for key in path:
        own = _mapping(own, key)
    yield from ((*path, name) for name in params if name in own and name not in read)


def _mapping(data: Any, key: Any) -> dict[str, Any]:
    """A mapping inside another; an empty one if there is none."""
    found = data.get(key) if isinstance(data, dict) else None
    return found if isinstance(found, dict) else {}


def _names_around(document: Document) -> frozenset[str]:
    """The variables that expressions outside blocks read; blocks do not see the network's params."""
    return _names(document.body, {key: value for key, value in document.data.items() if key != "blocks"})


def _names(body: Body, data: Any) -> frozenset[str]:
    """The variables that expressions read: in the data around a list of entries, and in their layers' names."""
    return names_read(data).union(*(each.computed.names for each in walk(body.entries) if each.computed is not None))
