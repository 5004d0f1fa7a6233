"""`weights`: the source of a network's trained weights, and other authors' names of the same tensors."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from netspec.diagnostics import Code, NetspecError, Span, unknown
from netspec.expr import ExpressionError
from netspec.frontend.expressions import parse
from netspec.frontend.problems import Problem, Report
from netspec.frontend.schema import WeightsForm
from netspec.frontend.source import Path_
from netspec.frontend.written import BadExpression, evaluate
from netspec.objects.immutable import immutable

HUBS = ("torchvision", "timm")
"""Collections of networks whose weights a spec may refer to."""

_PLACEHOLDER = re.compile(r"\$\((\w+)\)|\$([A-Za-z_]\w*)|(\*)")


@immutable
class Rule:
    """A renaming of a tensor, or of a module with all its tensors.

    Attributes:
        written: The original's name as written in the spec, such as ``blocks.$i.conv``.
        pattern: Matches the original's names; a group for each number, and `rest` for the part below the module.
        target: Our name, with expressions; None if the network has no such tensor.
        span: The place of the rule.
    """

    written: str
    pattern: re.Pattern[str]
    target: str | None
    span: Span | None = None

    def rename(self, match: re.Match[str]) -> str | None:
        """Our name for a matched name.

        Raises:
            NetspecError: NS0605: the expression of the name has no value for these numbers.
        """
        if self.target is None:
            return None
        groups = match.groupdict()
        rest = groups.pop("rest") or ""
        try:
            name = str(evaluate(parse(self.target), {key: int(value) for key, value in groups.items()}))
        except (ExpressionError, BadExpression) as error:
            message = f"`{self.target}` has no value for `{match[0]}`: {error}"
            raise NetspecError.of(Code.BAD_WEIGHTS, message, span=self.span) from None
        return f"{name}.{rest}" if name and rest else name or rest


@immutable
class Names:
    """Rules that turn the names of an original into ours: the first match decides, other names stay.

    `original` is the original's name in the spec, `torchvision:...` and `timm:...` for those; it may hold a `*`.
    """

    original: str
    rules: tuple[Rule, ...]

    def belong_to(self, original: str) -> bool:
        """Whether these are the names of that original; a tag of its weights does not count."""
        plain = re.sub(r"^(torchvision:[^/]+)/.*|^(timm:[^.]+)\..*", lambda m: m[1] or m[2], original)
        return fnmatchcase(original, self.original) or fnmatchcase(plain, self.original)

    def rename(self, name: str) -> tuple[str | None, Rule | None]:
        """Our name for an original's tensor (None if we have no such tensor), and the rule that gives it."""
        for rule in self.rules:
            if match := rule.pattern.fullmatch(name):
                return rule.rename(match), rule
        return name, None


@immutable
class Weights:
    """The section `weights`: the source of this network's own weights, and other authors' names."""

    source: str | None = None
    names: tuple[Names, ...] = ()


def read_weights(form: WeightsForm, report: Report) -> Weights:
    """The section, checked; errors go to `report`."""
    if form.source is not None:
        report.extend(_wrong_original(form.source, ("weights", "source"), key=False, others=False))
    names = []
    for original, rules in form.names.items():
        path = ("weights", "names", original)
        report.extend(_wrong_original(original, path, key=True, others=True))
        names.append(Names(original, _rules(rules, path, report)))
    return Weights(form.source, tuple(names))


def _wrong_original(original: str, path: Path_, *, key: bool, others: bool) -> Iterator[Problem]:
    """The problem of a name of a collection's network that is none; `others` tells whether other names are allowed."""
    collection, colon, network = original.partition(":")
    is_collection = colon and re.fullmatch(r"\w*", collection)
    if (collection not in HUBS or not network) if is_collection else not others:
        yield Problem(
            Code.BAD_WEIGHTS,
            path,
            unknown(collection, HUBS if colon else ()),
            f"`{original}` names no network of a collection",
            key=key,
            expected="torchvision:NAME, torchvision:NAME/WEIGHTS or timm:NAME",
        )


def plain_rules(names: Mapping[str, str]) -> tuple[Rule, ...]:
    """Rules that rename tensors and modules, without numbers or expressions.

    Raises:
        ValueError: A name cannot be written as a rule.
    """
    rules = tuple(Rule(name, _pattern(name, target), target) for name, target in names.items())
    if any(_PLACEHOLDER.search(text) or "$" in text for pair in names.items() for text in pair):
        raise ValueError("a name with a sign of the rules' own")
    return rules


def _rules(written: Mapping[str, str | None], path: Path_, report: Report) -> tuple[Rule, ...]:
    rules = []
    for name, target in written.items():
        here = (*path, name)
        try:
            pattern = _pattern(name, target)
        except ValueError as error:
            report.add(Code.BAD_WEIGHTS, f"`{name}` matches no tensors: {error}", here, key=True)
            continue
        if _has_value(target, pattern, here, report):
            rules.append(Rule(name, pattern, target, report.span(here)))
    return tuple(rules)


def _pattern(written: str, target: str | None) -> re.Pattern[str]:
    """A name with `$i` for a number and `*` for any text, as a regular expression.

    Raises:
        ValueError: The text is no such name.
    """
    found, position = "", 0
    seen: set[str] = set()
    for match in _PLACEHOLDER.finditer(written):
        found += _literal(written[position : match.start()])
        position = match.end()
        name = match[1] or match[2]
        if match[3]:
            if target is not None:
                raise ValueError("`*` can only leave tensors out; write `$i` for a number that comes back in our name")
            found += ".*"
        elif name == "rest" or not name.isidentifier():
            raise ValueError(f"`{name}` cannot name a number")
        else:
            found += f"(?P={name})" if name in seen else rf"(?P<{name}>\d+)"
            seen.add(name)
    found += _literal(written[position:])
    return re.compile(rf"{found}(?:\.(?P<rest>.+))?" if found else "(?P<rest>.+)", re.DOTALL)


def _literal(text: str) -> str:
    if "$" in text:
        raise ValueError("a lone `$`; write `$i` for a number")
    return re.escape(text)


def _has_value(target: str | None, pattern: re.Pattern[str], path: Path_, report: Report) -> bool:
    """Whether our name can be evaluated; tried with ones for the numbers."""
    numbers = {name: 1 for name in pattern.groupindex if name != "rest"}
    try:
        evaluate(target and parse(target), dict(numbers))
    except (BadExpression, ExpressionError) as error:
        known = ", ".join(f"`${name}`" for name in numbers)
        help = "write `$(i).0` for a number with a dot behind it" if re.search(r"\$\w+\.\d", str(target)) else None
        message = f"`{target}` has no value: {error}"
        report.add(Code.BAD_WEIGHTS, message, path, expected=known and f"numbers of the name: {known}", help=help)
        return False
    return True
