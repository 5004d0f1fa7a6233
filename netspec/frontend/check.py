"""Checks of entries that need no values: whether operations and options are known.

They run once for every entry, also in blocks that are never called.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from netspec.diagnostics import Code
from netspec.diagnostics.facts import Needless, NotFirst, Unknown
from netspec.diagnostics.words import in_words
from netspec.frontend.bound_options import bound_entry, wrong_binding
from netspec.frontend.entries import BODY_OPTIONS, Entry
from netspec.frontend.initialise import wrong_initialisers
from netspec.frontend.options import (
    activation_class,
    activation_layer,
    takes,
    unknown_activation,
    validated,
    wrong_options,
    wrong_types,
)
from netspec.frontend.parameters import REQUIRED, Parameter, kinds_of, wrong_name, wrong_result, wrong_type
from netspec.frontend.problems import Problem, Report
from netspec.frontend.schema import COMMON_KEYS, STRUCTURES
from netspec.frontend.source import Path_
from netspec.frontend.synonyms import IDLE, INFERRED, LIKE, NAMING, OPTIONS, option_meant
from netspec.frontend.useless import useless
from netspec.frontend.written import Written, evaluate, holds_expression
from netspec.layers import registry

_NOWHERE = "`netspec layers` lists the layers; a block is defined under `blocks`"


class Check:
    """Checks entries against the layers and the blocks of one document.

    Args:
        blocks: The parameters of each block.
        report: Takes the errors.
        defaulted: Layers and blocks, each with an option, that some `defaults` may give.
        broken: The names of blocks of a wrong form, of which nothing is known.
    """

    def __init__(
        self,
        blocks: Mapping[str, Mapping[str, Parameter]],
        report: Report,
        defaulted: Collection[tuple[str, str]] = (),
        broken: Collection[str] = (),
    ) -> None:
        self.blocks = blocks
        self.defaulted = defaulted
        self.broken = broken
        self.report = report
        self.layers = registry()

    def __call__(self, entry: Entry) -> bool:
        """Whether all keys of an entry are known; reports unknown ones."""
        common, operation = entry.common, entry.operation
        sound = not common.model_fields_set or self.report.extend(self.common(entry))
        for name, each in common.defaults.items():
            sound = self.default(name, each, (*entry.path, "defaults")) and sound
        if common.activation is not None:
            sound = self.activation(common.activation, entry.path) and sound
        if operation in STRUCTURES or entry.computed is not None or operation in self.broken:
            return sound
        if operation == "reuse":
            return self.options(entry, ["reuse"], "reuse", ["reuse"]) and sound
        if (owner := self.owner_of_first(entry)) is not None:
            message = f"`{operation}` is an option of `{owner}` here"
            self.report.add(Code.UNKNOWN_LAYER, message, (*entry.path, operation), key=True, fact=NotFirst(owner))
            return False
        return self.known(entry, self.needed(operation)) and sound

    def needed(self, operation: str) -> list[str]:
        """The options that an entry of a layer or a block must have."""
        needed: Iterable[str] = self.layers[operation].required() if operation in self.layers else ()
        if operation in self.blocks:
            needed = (name for name, each in self.blocks[operation].items() if each.default is REQUIRED)
        return [name for name in needed if (operation, name) not in self.defaulted]

    def default(self, name: str, options: Mapping[str, Any], path: Path_) -> bool:
        """Whether the defaults of a layer or a block are of options that it has."""
        if name not in self.layers and name not in self.blocks and name not in self.broken:
            message = f"there is no layer or block `{name}`"
            self.report.add(Code.UNKNOWN_LAYER, message, (*path, name), key=True, fact=self.meant(name))
            return False
        return self.known(Entry((*path, name), name, options=options), beside=())

    def known(self, entry: Entry, needed: Sequence[str] = (), beside: Collection[str] = COMMON_KEYS) -> bool:
        """Whether there is the layer or block of an entry, with its options, and whether it has all needed ones.

        `beside` holds the common options that may stand beside them: those of every entry, and none in `defaults`.
        """
        operation = entry.operation
        if operation in self.broken:
            return True
        block = self.blocks.get(operation)
        if block is not None:
            known = self.options(entry, list(block), next(iter(block), None), needed, beside)
            return known and self.report.extend(self.arguments(entry, block)) and self.bindings(entry, block)
        layer = self.layers.get(operation)
        if layer is not None:
            known = self.options(entry, list(layer.option_fields()), layer.main, needed, beside)
            return known and self.report.extend(wrong_types(entry, layer, self.report.places))
        fact = self.named_by_key(entry) or self.late_layer(entry) or self.meant(operation)
        message = f"there is no layer or block `{operation}`"
        self.report.add(Code.UNKNOWN_LAYER, message, (*entry.path, operation), key=True, fact=fact)
        return False

    def owner_of_first(self, entry: Entry) -> str | None:
        """The operation of an entry that begins with one of its options, if that has the name of a layer or block."""
        if entry.operation not in self.layers and entry.operation not in self.blocks:
            return None
        foreign = [key for key in entry.options if key not in self.options_of(entry.operation)]
        return next((key for key in foreign if entry.operation in self.options_of(key)), None)

    def arguments(self, entry: Entry, block: Mapping[str, Parameter]) -> Iterator[Problem]:
        """Arguments of a block that have a wrong type; values with expressions are not checked."""
        given = {name: (value, name) for name, value in entry.options.items()}
        if entry.main is not None:
            given[next(iter(block))] = entry.main, entry.operation
        for name, (value, key) in given.items():
            if not holds_expression(value):
                yield from wrong_type(block[name], evaluate(value, {}), (*entry.path, key))

    def bindings(self, entry: Entry, block: Mapping[str, Parameter]) -> bool:
        """Whether the layers and blocks that an entry gives to a block exist, and have the options bound to them."""
        given = {name: (value, name) for name, value in entry.options.items()}
        if entry.main is not None:
            given[next(iter(block))] = entry.main, entry.operation
        sound = True
        for name, (value, key) in given.items():
            if block[name].takes_layers and isinstance(value, (str, dict)):
                bound = bound_entry(value, (*entry.path, key))
                sound = self.report.extend(wrong_binding(bound)) and self.known(bound) and sound
        return sound

    def named_by_key(self, entry: Entry) -> NotFirst | None:
        """The layer or block whose name is the value of a key, as other tools have it: `{type: Conv2d, filters: 8}`."""
        from netspec.frontend.foreign import meant_by

        given = {entry.operation: entry.main, **entry.options, "name": entry.common.name}
        for key in NAMING:
            if isinstance(word := given.get(key), str):
                foreign = meant_by(word)
                meant = word if word in self.layers or word in self.blocks else foreign.word.op if foreign else ""
                if meant:
                    return NotFirst(meant, key)
        return None

    def late_layer(self, entry: Entry) -> NotFirst | None:
        """The operation, if it stands behind its own options: `{kernel: 3, conv: 8}`."""
        late = [key for key in entry.options if key in self.layers or key in self.blocks or key in STRUCTURES]
        first = entry.operation
        own = next((key for key in late if (known := self.options_of(key)) and self.is_option(first, known)), None)
        if own is None and self.known_word(entry.operation):
            return None  # the key is misspelt or foreign, and a `dropout` behind it is an option
        wanted = own or next(iter(late), None)
        return NotFirst(wanted) if wanted else None

    def is_option(self, name: str, known: Collection[str]) -> bool:
        """Whether a name is one of the known options, possibly in another tool's words."""
        return name in known or option_meant(name, known) is not None

    def options_of(self, operation: str) -> Collection[str]:
        """The options of a layer, block or structure."""
        if operation in self.layers:
            return self.layers[operation].option_fields()
        return self.blocks[operation] if operation in self.blocks else BODY_OPTIONS.get(operation, ())

    def known_word(self, operation: str) -> bool:
        """Whether an unknown operation is similar to a known one, or is another tool's word."""
        from netspec.frontend.foreign import meant_by

        near = self.report.unknown(operation, [*self.blocks, *self.layers]).meant
        return bool(near) or meant_by(operation) is not None

    def meant(self, operation: str) -> Unknown:
        """The fact of an unknown operation: a word of another tool, or a misspelt name."""
        from netspec.frontend.foreign import unknown_layer, without_module

        known = [*self.blocks, *self.layers, *STRUCTURES, "reuse"]
        near = self.report.unknown(operation, known, sought=without_module(operation))
        if near.meant in self.blocks:  # the author chose that name, which may itself be the misspelt one
            return replace(near, certain=False)
        if near.meant or self.known_word(operation):
            near = unknown_layer(operation, known)
        return near if near.meant or near.note else replace(near, note=_NOWHERE)

    def common(self, entry: Entry) -> Iterator[Problem]:
        """Problems of common options: without an effect here, or with names that are not allowed."""
        common = entry.common
        for key, why, help in useless(entry, self.blocks):
            message = f"`{entry.operation}` takes no `{key}`: {why}"
            yield Problem(Code.CONFLICTING_KEYS, (*entry.path, key), None, message, key=True, help=help)
        for name in common.as_ or ():
            yield from wrong_name(name, (*entry.path, "as"), "a value", key=False)
        for name in common.let:
            yield from wrong_name(name, (*entry.path, "let", name), "a value")
        for key, names in (("to", common.to), ("collect", common.collect)):
            for index, each in enumerate(names or ()):
                at = (*entry.path, key, index)
                yield from wrong_result(each, at if self.report.places.has(at) else at[:-1])
        if entry.operation != "reuse":  # it makes no weights
            yield from wrong_initialisers(entry)

    def options(
        self,
        entry: Entry,
        known: Sequence[str],
        main: str | None,
        needed: Sequence[str],
        beside: Collection[str] = COMMON_KEYS,
    ) -> bool:
        """Whether an entry has all required options and no unknown ones."""
        torn = self.torn_pair(entry)
        given = {key: value for key, value in entry.options.items() if key not in torn}
        wrong = wrong_options(
            replace(entry, options=given) if torn else entry,
            known,
            main,
            [name for name in needed if name not in torn],
            lambda key: self.unknown_option(entry, key, known, main, beside),
            lambda option: self.expected(entry.operation, option),
        )
        return self.report.extend(wrong) and not torn

    def unknown_option(
        self, entry: Entry, key: str, known: Sequence[str], main: str | None, beside: Collection[str]
    ) -> Unknown | Needless:
        """The fact of an unknown option: its name here, or the reason why it is not needed."""
        if key in INFERRED or key in IDLE:
            return Needless(key, "inferred" if key in INFERRED else "idle")
        meant = option_meant(key, known)
        if meant is not None and meant == main and entry.main is not None:
            return Needless(key, "given", f"{entry.operation}: {entry.main}")
        told = Unknown(key, entry.operation, tuple(known))
        if meant is not None:
            value = entry.options[key]
            return replace(told, meant=meant, certain=key not in LIKE or (isinstance(value, int) and value < 0))
        if key in OPTIONS:  # another tool's word is no spelling mistake
            return told
        if key in COMMON_KEYS and key not in beside:
            return replace(told, note="it is an entry's own, and `defaults` give options of layers alone")
        near = self.report.unknown(key, [*known, *beside])
        own = entry.operation in self.blocks and near.meant in known
        return replace(told, meant=near.meant, certain=near.certain and not own)

    def torn_pair(self, entry: Entry) -> set[str]:
        """Report a pair in parentheses, which YAML reads as several keys; returns those keys."""
        keys = list(entry.options)
        for index, key in enumerate(keys):
            value = str(entry.options[key])
            if not value.startswith("(") or ")" in value:
                continue
            for end in range(index + 1, len(keys)):
                if entry.options[keys[end]] is not None:
                    break
                if keys[end].endswith(")"):
                    parts = ", ".join([value[1:], *keys[index + 1 : end], keys[end][:-1]])
                    self.report.add(
                        Code.WRONG_TYPE,
                        f"`{key}` is written in parentheses, which YAML takes for text",
                        (*entry.path, key),
                        expected=f"`[{parts}]`",
                        help="a list is written in brackets",
                    )
                    return set(keys[index : end + 1])
        return set()

    def expected(self, operation: str, option: str) -> str | None:
        """The values that an option takes, in words."""
        if operation in self.layers:
            return takes(self.layers[operation], option)
        declared = self.blocks[operation][option] if operation in self.blocks else None
        return in_words(kinds_of(declared.type)) if declared else None

    def activation(self, written: Any, path: Path_) -> bool:
        """Whether `activation` is an expression, or a layer without weights and its options."""
        path = (*path, "activation")
        if not holds_expression(written):
            return activation_layer(self.report, evaluate(written, {}), path, validated) is not None
        operation = next(iter(written), None) if isinstance(written, dict) else written
        if isinstance(operation, Written) or activation_class(operation) is not None:
            return True
        unknown_activation(self.report, operation, path)
        return False
