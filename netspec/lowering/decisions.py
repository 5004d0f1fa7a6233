"""What a class was decided by once, so that its text is right for the values that decided and for no others.

A condition that becomes an `if`, a count that becomes a loop and a size that becomes an argument leave a choice to
whoever calls the class. All else that a spec computes and acts on was settled when its text was written: which entries
there are, how often, what they are called, which layer they come to. What these were read from is noted here, by the
names of the constructor, and followed through the calls of classes to the params of the network, which are then fixed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from netspec import expr as e
from netspec.expr import Expr, Identifier
from netspec.program.building import Require

Least = tuple[Literal["count", "items", "length"], Identifier]
"""What must be at least 1: a name itself, each of its items, or their number."""

_UNTOLD = "?"
"""In the place of names that cannot be told."""


@dataclass(slots=True)
class Decisions:
    """What decided the text of one class.

    Attributes:
        read: Names of the constructor that decisions read.
        blind: Whether one read what cannot be told.
        least: What a loop needs to be at least 1, since what follows it takes what a round gives.
        made_of: Variables of the constructor, each with the names that it is computed from.
        lets: Variables that are one expression throughout.
    """

    read: set[str] = field(default_factory=set)
    blind: bool = False
    least: set[Least] = field(default_factory=set)
    made_of: dict[str, set[str]] = field(default_factory=dict)
    lets: dict[str, Expr] = field(default_factory=dict)

    def copy(self) -> Decisions:
        """The decisions up to here."""
        made_of = {variable: set(names) for variable, names in self.made_of.items()}
        return Decisions(set(self.read), self.blind, set(self.least), made_of, dict(self.lets))

    def by(self, *exprs: Expr | None, but: Collection[str] = ()) -> None:
        """Note that expressions decided."""
        for expr in exprs:
            if expr is not None:
                self.blind = self.blind or e.is_unknown(expr)
                self.read |= e.names(expr) - set(but)

    def computed(self, variable: str, *exprs: Expr | None) -> None:
        """Note what a variable is computed from."""
        found = self.made_of.setdefault(variable, set())
        for expr in exprs:
            if expr is not None:
                found |= {_UNTOLD} if e.is_unknown(expr) else e.names(expr)

    def let(self, variable: str, expr: Expr) -> None:
        """Note what a variable is."""
        self.computed(variable, expr)
        self.lets[variable] = expr

    def at_least_one(self, count: Expr) -> None:
        """Note that a loop with this count, or over these values, is right for one round and more alone."""
        match count:
            case e.Name(name):
                self.least.add(("count", name))
            case e.Index(e.Name(name), _):
                self.least.add(("items", name))
            case e.Apply("len", (e.Name(name),)):
                self.least.add(("length", name))
            case _:
                self.by(count)

    def settled(self, formals: Collection[str]) -> Decisions:
        """The decisions by the formals of the class alone, its variables followed to what they are computed from."""
        counts = [name for kind, name in self.least if kind == "count"]
        followed: set[str] = set()
        while counts:
            count = counts.pop()
            if count in self.lets and count not in followed:
                followed.add(count)
                self.at_least_one(self.lets[count])
                counts.extend(name for kind, name in self.least if kind == "count")
        blind = self.blind
        least = {each for each in self.least if each[1] in formals}
        pending = [*self.read, *(name for _, name in self.least if name not in formals and name not in followed)]
        seen: set[str] = set()
        while pending:
            name = pending.pop()
            if name in seen:
                continue
            seen.add(name)
            pending.extend(self.made_of.get(name, ()))
            blind = blind or (name not in formals and name not in self.made_of)
        return Decisions(seen & set(formals), blind, least)

    def called(self, inner: Decisions, actual: Mapping[str, Expr]) -> None:
        """Take over what decided a class that is called with these arguments; those that are missing are unknown."""
        self.blind = self.blind or inner.blind
        self.by(*(actual.get(name, e.Unknown()) for name in inner.read))
        for kind, name in inner.least:
            given = actual.get(name, e.Unknown())
            if isinstance(given, e.Literal | e.Items) and not e.names(given):
                continue
            if isinstance(given, e.Name):
                self.least.add((kind, given.id))
            elif kind == "count":
                self.at_least_one(given)
            else:
                self.by(given)


def requirements(least: Iterable[Least], values: Mapping[str, Any]) -> tuple[list[Require], set[str]]:
    """What the network's constructor asks of its arguments, and params whose own values would not do."""
    made: list[Require] = []
    wrong: set[str] = set()
    for kind, name in sorted(least, reverse=True):  # a list without items has no least one
        value: Expr = e.Name(name)
        if kind == "count":
            few, told = e.Compare(value, (("<", e.Literal(1)),)), f"`{name}` must be at least 1"
        elif kind == "items":
            smallest = e.Apply("min", (value,))
            few, told = e.Compare(smallest, (("<", e.Literal(1)),)), f"each of `{name}` must be at least 1"
        else:
            few = e.Compare(e.Apply("len", (value,)), (("<", e.Literal(1)),))
            told = f"`{name}` must have at least one item"
        try:
            holds = not e.evaluate(few, {name: values[name]})
        except e.ExpressionError:
            holds = False
        if holds:
            made.append(Require(few, told))
        else:
            wrong.add(name)
    return made, wrong
