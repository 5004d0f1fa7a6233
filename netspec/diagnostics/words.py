"""The words of facts, all made here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from netspec.diagnostics.facts import (
    Conflict,
    Fact,
    Fits,
    GivenTwice,
    Kind,
    Missing,
    Needless,
    NotFirst,
    OutOfRange,
    RefusedName,
    TakesNone,
    Unknown,
    WrongType,
)
from netspec.diagnostics.tensor_facts import Unequal

_ONE = {
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "mapping": "a mapping",
    "any": "any value",
    "expression": "an expression",
}
_MANY = {"integer": "integers", "number": "numbers", "text": "names", "pair": "pairs"}
_BOUNDS = {"above": "greater than", "least": "at least", "below": "less than", "most": "at most"}
_ORDINALS = ("first", "second", "third", "fourth", "fifth")


class Words(NamedTuple):
    """The texts of a fact for each field of a diagnostic; empty if the fact has none for it."""

    message: str = ""
    expected: str = ""
    help: str = ""


def words(fact: Fact) -> Words:
    """A fact in words."""
    match fact:
        case Unknown(name, owner, known, meant, _, note):
            message = f"`{owner}` has no option `{name}`" if owner else f"there is no `{name}` here"
            help = f"did you mean `{meant}`?{f' {note}' if note else ''}" if meant else note
            return Words(message, f"one of {', '.join(known)}" if known else "", help)
        case Missing(name, owner, main):
            message = f"`{owner}` needs `{name}`" if owner else f"`{name}` is missing"
            return Words(message, help=f"write `{owner}: ...`" if main else f"add `{name}: ...`")
        case WrongType(name, wanted):
            message = f"`{name}` has the wrong type" if name else "the value has the wrong type"
            return Words(message, in_words(wanted))
        case OutOfRange(name):
            return Words(f"`{name}` is out of range", bounds(fact))
        case GivenTwice(name, owner, value):
            return Words(f"`{owner}` is given `{name}` twice", help=f"`{owner}: {value}` gives it already")
        case Conflict(names):
            said = " and ".join(f"`{name}`" for name in names)
            return Words(f"{said} exclude each other", help="keep one of the two")
        case TakesNone(owner):
            return Words(f"`{owner}` takes no main argument", help=f"write `{owner}` without a value")
        case RefusedName(name, of):
            return Words(f"`{name}` cannot name {of}")
        case NotFirst(name, key) if key:
            return Words(help=f"the name is the key: write `{name}: ...`")
        case NotFirst(name):
            return Words(help=f"write `{name}` first: the first key of an entry is its operation")
        case Fits(name, values, divides):
            fit = " or ".join(f"`{name}: {value:g}`" for value in values)
            verb = "fit" if divides is None else "divide"
            return Words(help=f"{fit} {verb}{'s' * (len(values) == 1)}{'' if divides is None else f' {divides}'}")
        case Needless(name, reason, by):
            why = {
                "inferred": f"`{name}` is inferred from what flows in",
                "idle": f"`{name}` changes nothing that is computed",
                "given": f"`{by}` gives it already",
            }
            return Words(help=f"{why[reason]}: leave it out")
        case Unequal(_, names, mend) if mend:
            return Words(help=f"{mend.by} {_input(mend.input, names)} {mend.into}")
        case _:
            return Words()


def in_words(kinds: Iterable[Kind]) -> str:
    """Kinds in words, such as "an integer or a list of integers"."""
    phrases = list(dict.fromkeys(map(_phrase, kinds)))
    if "a number" in phrases and "an integer" in phrases:
        phrases.remove("an integer")
    return f"{', '.join(phrases[:-1])} or {phrases[-1]}" if len(phrases) > 1 else "".join(phrases)


def bounds(fact: OutOfRange) -> str:
    """The range of a number, such as "at least 0 and less than 1"."""
    said = ((phrase, getattr(fact, side)) for side, phrase in _BOUNDS.items())
    spelt = ((phrase, f"{bound:g}" if isinstance(bound, float) else bound) for phrase, bound in said)
    return " and ".join(f"{phrase} {bound}" for phrase, bound in spelt if bound is not None)


def _phrase(kind: Kind) -> str:
    match kind.type:
        case "choice":
            return f"`{kind.word}`"
        case "mapping" if kind.of:
            return f"a mapping of {', '.join(map(_phrase, kind.of))}"
        case "list" | "pair":
            inner = dict.fromkeys(map(_plural, kind.of))
            named = [word for word in inner if word and not (word == "integers" and "numbers" in inner)]
            number = f"{kind.length} " if kind.length else ""
            return f"a {kind.type} of {number}{' or '.join(named)}" if named else "a list"
        case type:
            return kind.word or _ONE.get(type, type)


def _plural(kind: Kind) -> str:
    if kind.type == "list":
        inner = {each.type for each in kind.of}
        if inner and inner <= {"integer", "number"}:
            return "lists of numbers" if "number" in inner else "lists of integers"
        return ""
    return _MANY.get(kind.type, "")


def _input(index: int, names: Sequence[str]) -> str:
    if index < len(names):
        return names[index]
    return f"the {_ORDINALS[index]} input" if index < len(_ORDINALS) else f"input {index + 1}"
