"""Rules of `weights.names`: a tensor of another author's network, what is done to it, and its place in ours."""

from __future__ import annotations

import re
from collections.abc import Mapping

from netspec.diagnostics import Code, NetspecError, Span
from netspec.expr import ExpressionError
from netspec.frontend.expressions import parse
from netspec.frontend.written import BadExpression, evaluate
from netspec.objects.immutable import immutable

_SIGN = re.compile(r"\$\((\w+)\)|\$([A-Za-z_]\w*)|(\*)|\{([^{}]*)\}")
_PART = "part_"
"""The group of a pattern that matches the one of several tensors; no number can have its name."""

RESERVED = ("rest", _PART)


@immutable
class Change:
    """What is done to an original's tensor before it is ours, in this order; axes are counted as they are then.

    Attributes:
        concat: The axis along which several tensors of the original are joined.
        split: The axis along which one is cut into several of ours.
        transpose: The two axes that change places; True turns matrices, and leaves vectors as they are.
        squeeze: Axes of size 1 that are taken out.
    """

    concat: int | None = None
    split: int | None = None
    transpose: tuple[int, int] | bool = False
    squeeze: tuple[int, ...] = ()


UNCHANGED = Change()


@immutable
class Rule:
    """A renaming of a tensor, or of a module with all its tensors.

    Attributes:
        written: The original's name as written in the spec, such as ``blocks.$i.conv``.
        pattern: Matches the original's names; a group for each number, and `rest` for the part below the module.
        targets: Our names, with expressions: several where the tensor is split, none if the network lacks it.
        change: What is done to the tensor.
        parts: The words in the place of ``{query,key,value}``, in the order in which their tensors are joined.
        span: The place of the rule.
    """

    written: str
    pattern: re.Pattern[str]
    targets: tuple[str, ...]
    change: Change = UNCHANGED
    parts: tuple[str, ...] = ()
    span: Span | None = None

    def place(self, match: re.Match[str]) -> Place:
        """The place of the tensor with a matched name.

        Raises:
            NetspecError: NS0605: the expression of a name has no value for these numbers.
        """
        groups = match.groupdict()
        rest, part = groups.pop("rest") or "", groups.pop(_PART, None)
        numbers = {key: int(value) for key, value in groups.items()}
        names = []
        for target in self.targets:
            try:
                name = str(evaluate(parse(target), dict(numbers)))
            except (ExpressionError, BadExpression) as error:
                message = f"`{target}` has no value for `{match[0]}`: {error}"
                raise NetspecError.of(Code.BAD_WEIGHTS, message, span=self.span) from None
            names.append(f"{name}.{rest}" if name and rest else name or rest)
        return Place(tuple(names), self, self.parts.index(part) if part in self.parts else 0)


@immutable
class Place:
    """The place of an original's tensor among ours.

    Attributes:
        names: Our names: several where the tensor is split, none where a rule leaves it out.
        rule: The rule that gives them; None where the name stays.
        part: The tensor's position among those that are joined.
    """

    names: tuple[str, ...]
    rule: Rule | None = None
    part: int = 0


def plain_rules(names: Mapping[str, str]) -> tuple[Rule, ...]:
    """Rules that rename tensors and modules, without numbers or expressions.

    Raises:
        ValueError: A name cannot be written as a rule.
    """
    if any(_SIGN.search(text) or "$" in text for pair in names.items() for text in pair):
        raise ValueError("a name with a sign of the rules' own")
    return tuple(Rule(name, pattern(name)[0], (target,)) for name, target in names.items())


def pattern(written: str, *, kept: bool = True) -> tuple[re.Pattern[str], tuple[str, ...]]:
    """A name with `$i` for a number, `{a,b}` for one of several words and `*` for any text: its pattern, and the words.

    Args:
        written: The name.
        kept: Whether the tensors have a place in our network; only what is left out may hold a `*`.

    Raises:
        ValueError: The text is no such name.
    """
    found, position = "", 0
    seen: set[str] = set()
    parts: tuple[str, ...] = ()
    for match in _SIGN.finditer(written):
        found += _literal(written[position : match.start()])
        position = match.end()
        name = match[1] or match[2]
        if match[3]:
            if kept:
                raise ValueError("`*` can only leave tensors out; write `$i` for a number that comes back in our name")
            found += ".*"
        elif match[4] is not None:
            if parts:
                raise ValueError("`{...}` can stand in a name once")
            parts = _words(match[4])
            found += f"(?P<{_PART}>{'|'.join(map(re.escape, parts))})"
        elif name in RESERVED or not name.isidentifier():
            raise ValueError(f"`{name}` cannot name a number")
        else:
            found += f"(?P={name})" if name in seen else rf"(?P<{name}>\d{{1,18}})"
            seen.add(name)
    found += _literal(written[position:])
    return re.compile(rf"{found}(?:\.(?P<rest>.+))?" if found else "(?P<rest>.+)", re.DOTALL), parts


def numbers_of(compiled: re.Pattern[str]) -> list[str]:
    """The names of the numbers in a pattern."""
    return [name for name in compiled.groupindex if name not in RESERVED]


def _words(text: str) -> tuple[str, ...]:
    words = tuple(word.strip() for word in text.split(","))
    if len(words) < 2 or not all(words):
        raise ValueError("`{...}` holds several words, such as `{query,key,value}`")
    if len(set(words)) < len(words):
        raise ValueError("`{...}` holds a word twice")
    if any("$" in word or "*" in word for word in words):
        raise ValueError("`{...}` holds words alone, no numbers")
    return words


def _literal(text: str) -> str:
    if "$" in text:
        raise ValueError("a lone `$`; write `$i` for a number")
    return re.escape(text)
