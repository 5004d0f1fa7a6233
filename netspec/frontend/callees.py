"""Layers and blocks that parameters and values name: checked where they are bound, called as entries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Code, Related
from netspec.diagnostics.facts import GivenTwice, Kind, WrongType
from netspec.expr.callees import Callee
from netspec.expr.symbols import concrete
from netspec.frontend.bound_options import bound_entry, wrong_binding
from netspec.frontend.context import Context, Flow
from netspec.frontend.entries import Entry
from netspec.frontend.options import wrong_options
from netspec.frontend.problems import Failed, Problem, kind_of
from netspec.frontend.source import Path_
from netspec.layers import registry

if TYPE_CHECKING:
    from netspec.frontend.elaborate import Elaborator


def callee(el: Elaborator, value: str | Mapping[str, Any], path: Path_) -> Callee:
    """A layer or a block with its bound options, as a value.

    Args:
        el: The elaboration.
        value: Its name, or a mapping of the name to its main argument, and options; evaluated.
        path: Its place.

    Raises:
        Failed: There is no such layer or block, or it has no such option.
    """
    if isinstance(value, Callee):
        return value
    entry = bound_entry(concrete(value), path)
    key = (path, entry.operation, *entry.options)  # each round and call binds it anew
    if key not in el.bound:
        if not (el.report.extend(wrong_binding(entry)) and el.check.known(entry)):
            raise Failed
        el.bound.add(key)
    whole = bound_entry(value, path)
    return Callee(whole.operation, whole.main, whole.options, path)


def chosen(el: Elaborator, entry: Entry, context: Context, incoming: Flow) -> Callee | None:
    """The layer or block that an entry's expression gives; None if it gives null."""
    path = (*entry.path, entry.operation)
    found = el.value(entry.computed, path, context.variables, incoming, context.inputs)
    if found is None or isinstance(found, Callee):
        return found
    if isinstance(found, dict):
        return callee(el, found, path)
    if isinstance(found, str) and (found in registry() or found in el.document.blocks):
        return Callee(found, None, {}, path)
    known = [*el.document.blocks, *registry()]
    raise el.report.failure(
        Code.UNKNOWN_LAYER,
        f"`{entry.operation}` gives {kind_of(found)}, which is no layer",
        path,
        key=True,
        expected="a layer's or a block's name, or null for none",
        fact=el.report.unknown(found, known) if isinstance(found, str) else WrongType("", (Kind("text"),)),
        related=context.calls,
    )


def call_of(el: Elaborator, entry: Entry, given: Callee, context: Context) -> tuple[Entry, Context]:
    """The entry as a call of a layer or a block, with the options that are bound to it.

    Args:
        el: The elaboration.
        entry: The entry whose expression gives it.
        given: The layer or block.
        context: The context of the entry.

    Raises:
        Failed: An option is given twice, or does not exist; or what is wrong in the block is reported already.
    """
    if given in el.document.broken:
        raise Failed
    is_block = given in el.document.blocks
    if not is_block and given.main is None and not given.options:
        return entry, context
    here = Related(el.report.span(given.path), f"`{given}` is bound here")
    context = replace(context, calls=(*context.calls, here))
    params = el.document.blocks[given].params if is_block else {}
    main = next(iter(params), None) if is_block else registry()[given].main
    el.report.refuse_all(_given_twice(entry, given, main), context.calls)
    options = {**given.options, **entry.options}
    call = replace(entry, main=given.main if entry.main is None else entry.main, options=options)
    if not is_block:
        return call, context
    for key in ("activation", "init", "tie"):
        if key in entry.common.model_fields_set:
            message = f"`{entry.operation}` is the block `{given}` here, and only a layer takes `{key}`"
            help = "write it at a layer in the block"
            place = (*entry.path, key)
            raise el.report.failure(Code.CONFLICTING_KEYS, message, place, key=True, help=help, related=context.calls)
    call = replace(call, operation=str(given), computed=None)
    known = [*params]
    wrong = wrong_options(call, known, main, (), lambda key: el.report.unknown(key, known, owner=given), lambda _: None)
    el.report.refuse_all(wrong, context.calls)
    return call, context


def _given_twice(entry: Entry, given: Callee, main: str | None) -> Iterator[Problem]:
    """Options that are bound already."""
    bound = given.options.keys() | ({main} if given.main is not None else set())
    for key in (*entry.options, *([main] if entry.main is not None and main else [])):
        if key in bound:
            place = key if key in entry.options else entry.operation
            fact = GivenTwice(key, entry.operation, str(given))
            help = "leave it out in one of the two places"
            message = f"`{entry.operation}` is given `{key}` twice: here, and where it is bound"
            yield Problem(Code.CONFLICTING_KEYS, (*entry.path, place), fact, message, key=True, help=help)
