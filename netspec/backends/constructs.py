"""Constructors of modules as text; chains with loops or conditions become lists that are built before."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from netspec import expr as e
from netspec.backends.expressions import document, text
from netspec.backends.layout import Doc, Group, Several, Text, layout, prefixed
from netspec.expr import Expr, Identifier
from netspec.program import Call
from netspec.program.building import Chain, Choice, Construct, Instance, Item, Loop, Make, Rounds
from netspec.program.naming import source_name

LONG_TABLE = 48
"""The width, in columns, from which the list of a loop gets a separate name."""


def call_arguments(call: Call) -> tuple[Doc, ...]:
    """The arguments of a call, without keywords that have the target's default."""
    positional = [document(arg) for arg in call.args]
    keywords = [
        prefixed(f"{key}=", document(value)) for key, value in call.kwargs.items() if not _is_default(call, key, value)
    ]
    return (*positional, *keywords)


def _is_default(call: Call, key: str, value: object) -> bool:
    if key not in call.defaults:
        return False
    plain = _plain(value)
    default = call.defaults[key]
    return type(plain) is type(default) and plain == default


def _plain(value: object) -> object:
    """The value of a literal; any other expression stays unchanged."""
    if isinstance(value, e.Literal):
        return value.value
    if isinstance(value, e.Items):
        return tuple(_plain(i) for i in value.items)
    if isinstance(value, (tuple, list)):
        return type(value)(_plain(v) for v in value)
    return value


class Writer:
    """Writes constructs of one constructor; statements that must precede them go to `lines`."""

    def __init__(self, used: set[str]) -> None:
        self.used = set(used)
        self.declared: set[str] = set()

    def name(self, wanted: str) -> Identifier:
        """A free local name."""
        name, count = Identifier(wanted), 2
        while name in self.used:
            name, count = Identifier(f"{wanted}{count}"), count + 1
        self.used.add(name)
        return name

    def construct(self, construct: Construct, lines: list[str], indent: int) -> Doc:
        """The document of a construct."""
        match construct:
            case Make(call):
                return Group(f"{source_name(call.target)}(", call_arguments(call), ")")
            case Instance(cls, arguments, positional):
                return Group(
                    f"{cls}(",
                    tuple(
                        document(value) if n < positional else prefixed(f"{name}=", document(value))
                        for n, (name, value) in enumerate(arguments)
                    ),
                    ")",
                )
            case Chain(kind, items, names) if names:
                return Group(f"nn.{kind}(", (self.named(names, items, lines, indent),), ")")
            case Chain(kind, items):
                return self.chain(f"nn.{kind}", kind == "ModuleList", items, lines, indent)

    def named(self, names: Sequence[Identifier | Expr], items: Sequence[Item], lines: list[str], indent: int) -> Doc:
        """A dictionary of children in their order."""
        if isinstance(items[0], Rounds):
            [construct], loop = items[0].items, items[0].loop
            pair = Group("(", (document(names[0]), self.construct(construct, lines, indent)), ")")  # type: ignore[arg-type]
            return Group("OrderedDict(", (pair, loop_head(loop, loop.values)), ")", "generator")
        children = (self.construct(item, lines, indent) for item in items)  # type: ignore[arg-type]
        return Group(
            "OrderedDict(", tuple(prefixed(f"{n}=", child) for n, child in zip(names, children, strict=True)), ")"
        )

    def chain(self, opening: str, listed: bool, items: Sequence[Item], lines: list[str], indent: int) -> Doc:
        """A container of items; it is written in place if each is a construct or a simple loop."""
        if all(is_simple(item) for item in items):
            inner = tuple(self.item(item, lines, indent) for item in items)
            if not listed:
                return Group(f"{opening}(", inner, ")")
            if not inner:
                return Text(f"{opening}()")
            if len(items) == 1 and isinstance(inner[0], Group) and isinstance(items[0], Rounds):
                return Group(f"{opening}(", inner[0].items, ")", "generator")
            return Group(f"{opening}(", (Group("[", inner, "]", "list"),), ")")
        name = self.name("layers")
        simple = 0
        while is_simple(items[simple]):
            simple += 1
        first = tuple(self.item(item, lines, indent) for item in items[:simple])
        annotation = "" if name in self.declared else ": list[nn.Module]"
        self.declared.add(name)
        lines.extend(layout(f"{name}{annotation} = ", Group("[", first, "]", "list"), "", indent))
        self.append(name, items[simple:], lines, indent)
        self.used.discard(name)
        return Text(f"{opening}({'' if listed else '*'}{name})")

    def append(self, name: str, items: Sequence[Item], lines: list[str], indent: int) -> None:
        """Statements that append items to a list; consecutive items are added together."""
        for made, group in groupby(items, key=lambda item: not isinstance(item, (Choice, Rounds))):
            together = list(group)
            if made and len(together) > 1 and all(is_simple(item) for item in together):
                docs = tuple(self.item(item, lines, indent) for item in together)
                lines.extend(layout(f"{name} += ", Group("[", docs, "]", "list"), "", indent))
                continue
            for item in together:
                self.append_one(name, item, lines, indent)

    def append_one(self, name: str, item: Item, lines: list[str], indent: int) -> None:
        """Statements that append one item, or the items of a condition or a loop, to a list."""
        match item:
            case Choice(test, inner):
                lines.extend(layout("if ", document(test), ":", indent))
                self.append(name, inner, lines, indent + 4)
            case Rounds(loop, inner):
                self.loop(loop, lines, indent)
                self.append(name, inner, lines, indent + 4)
                carry(loop, lines, indent + 4)
            case _:
                doc = self.construct(item, lines, indent)
                lines.extend(layout("", Group(f"{name}.append(", (doc,), ")"), "", indent))

    def loop(self, loop: Loop, lines: list[str], indent: int) -> None:
        """The head of a loop, the statements before it, and those at the start of each round."""
        for name, before, _ in loop.carried:
            lines.extend(layout(f"{name} = ", document(before), "", indent))
        values = loop.values
        if isinstance(values, e.Items) and len(text(values)) > LONG_TABLE:
            table = self.name("rows")
            lines.extend(layout(f"{table} = ", document(values), "", indent))
            values = e.Name(table)
        lines.extend(layout("", loop_head(loop, values), ":", indent))
        for name, value in loop.lets:
            lines.extend(layout(f"{name} = ", document(value), "", indent + 4))

    def item(self, item: Item, lines: list[str], indent: int) -> Doc:
        """An item for which `is_simple` holds."""
        if isinstance(item, Rounds):
            [inner] = item.items
            assert not isinstance(inner, (Rounds, Choice))
            made = self.construct(inner, lines, indent)
            return Group("*(", (made, loop_head(item.loop, item.loop.values)), ")", "bare")
        assert not isinstance(item, Choice)
        return self.construct(item, lines, indent)


def is_simple(item: Item) -> bool:
    """Whether an item can be written in place, without statements before it."""
    match item:
        case Choice():
            return False
        case Rounds(loop, items):
            return (
                not loop.carried
                and not loop.lets
                and len(items) == 1
                and not isinstance(items[0], (Choice, Rounds))
                and is_simple(items[0])
                and (loop.values is None or len(text(loop.values)) <= LONG_TABLE)
            )
        case Chain(_, items):
            return all(is_simple(inner) for inner in items)
    return True


def loop_head(loop: Loop, values: Expr | None) -> Doc:
    """``for i in range(n)`` and its kin, without the colon."""
    index = loop.index or "_"
    if values is None:
        assert loop.count is not None
        return Group(f"for {index} in range(", (document(loop.count),), ")")
    targets = ", ".join(loop.targets)
    if loop.index is None:
        return prefixed(f"for {targets} in ", document(values))
    if len(loop.targets) > 1:
        targets = f"({targets})"
    return Group(f"for {index}, {targets} in enumerate(", (document(values),), ")")


def carry(loop: Loop, lines: list[str], indent: int) -> None:
    """The update of carried variables at the end of a round."""
    if loop.carried:
        names = ", ".join(name for name, _, _ in loop.carried)
        updates = tuple(document(update) for _, _, update in loop.carried)
        lines.extend(layout(f"{names} = ", Several(updates) if len(updates) > 1 else updates[0], "", indent))
