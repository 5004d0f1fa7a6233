"""`weights`: the source of a network's trained weights, and other authors' names of the same tensors."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from pydantic import ValidationError

from netspec.diagnostics import Code, unknown
from netspec.diagnostics.facts import Kind, WrongType
from netspec.diagnostics.number_of import number_of
from netspec.expr import ExpressionError
from netspec.frontend.expressions import parse
from netspec.frontend.problems import Problem, Report, kind_of
from netspec.frontend.schema import RuleForm, WeightsForm
from netspec.frontend.source import Path_
from netspec.frontend.weight_rules import UNCHANGED, Change, Place, Rule, numbers_of, pattern
from netspec.frontend.written import BadExpression, evaluate
from netspec.objects.immutable import immutable

HUBS = ("torchvision", "timm")
"""Collections of networks whose weights a spec may refer to."""


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

    def place(self, name: str) -> Place:
        """The place of an original's tensor among ours."""
        for rule in self.rules:
            if match := rule.pattern.fullmatch(name):
                return rule.place(match)
        return Place((name,))


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


def _rules(written: Mapping[str, Any], path: Path_, report: Report) -> tuple[Rule, ...]:
    found = (_rule(name, target, (*path, name), report) for name, target in written.items())
    return tuple(rule for rule in found if rule is not None)


def _rule(written: str, target: Any, here: Path_, report: Report) -> Rule | None:
    """One rule; None where it is wrong, which goes to `report`."""
    form = _form(target, here, report)
    if form is None:
        return None
    try:
        compiled, parts = pattern(written, kept=bool(form.targets))
    except ValueError as error:
        report.add(Code.BAD_WEIGHTS, f"`{written}` matches no tensors: {error}", here, key=True)
        return None
    sound = report.extend(_unfit(form, parts, here))
    listed = isinstance(form.to, tuple)
    for at, each in enumerate(form.targets):
        place = (*here, "to", *([at] if listed else [])) if isinstance(target, dict) else here
        sound &= _has_value(each, compiled, place, report)
    return Rule(written, compiled, form.targets, form.change, parts, report.span(here)) if sound else None


@immutable
class _Written:
    """A rule's right side: our names as written, and what is done to the tensor."""

    to: str | tuple[str, ...] | None
    change: Change = UNCHANGED

    @property
    def targets(self) -> tuple[str, ...]:
        return () if self.to is None else (self.to,) if isinstance(self.to, str) else self.to


def _form(target: Any, here: Path_, report: Report) -> _Written | None:
    if target is None or isinstance(target, str):
        return _Written(target)
    if not isinstance(target, dict):
        fact = WrongType(str(here[-1]), (Kind("text"), Kind("mapping"), Kind("null")))
        report.add(Code.WRONG_TYPE, "", here, found=kind_of(target), fact=fact)
        return None
    try:
        form = RuleForm.model_validate(target)
    except ValidationError as error:
        from netspec.frontend.form_errors import form_errors

        report.extend(form_errors(error, RuleForm, here))
        return None
    squeezed = (form.squeeze,) if isinstance(form.squeeze, int) else form.squeeze
    return _Written(form.to, Change(form.concat, form.split, form.transpose, squeezed))


def _unfit(rule: _Written, parts: tuple[str, ...], here: Path_) -> Iterator[Problem]:
    """What a rule says twice, or leaves open: which tensors are joined, and which pieces one is cut into."""
    change = rule.change

    def wrong(message: str, *key: str, help: str | None = None) -> Problem:
        return Problem(Code.BAD_WEIGHTS, (*here, *key), None, message, key=not key, help=help)

    if change.concat is not None and change.split is not None:
        yield wrong("a rule joins tensors or splits one, not both", "split")
    elif change.concat is not None and not parts:
        help = "the words of the names that differ, in the order in which the tensors are joined: `{query,key,value}`"
        yield wrong("`concat` joins several tensors, and the rule names one", "concat", help=help)
    elif parts and change.concat is None and rule.to is not None:
        yield wrong(f"`{here[-1]}` names {len(parts)} tensors for one place", help="add `concat: 0`, which joins them")
    if isinstance(rule.to, tuple) and change.split is None:
        message = f"`to` names {number_of(len(rule.to), 'piece')} of a tensor, and no axis along which it is cut"
        yield wrong(message, "to", help="add `split: 0`")
    elif change.split is not None and not isinstance(rule.to, tuple):
        yield wrong("`split` needs a name for each piece", "split", help="write `to: [query, key, value]`")
    if isinstance(change.transpose, tuple) and len(set(change.transpose)) < 2:
        yield wrong("`transpose` names one axis twice", "transpose")
    if len(set(change.squeeze)) < len(change.squeeze):
        yield wrong("`squeeze` names one axis twice", "squeeze")


def _has_value(target: str, compiled: re.Pattern[str], path: Path_, report: Report) -> bool:
    """Whether our name can be evaluated; tried with ones for the numbers."""
    numbers = numbers_of(compiled)
    try:
        evaluate(parse(target), dict.fromkeys(numbers, 1))
    except (BadExpression, ExpressionError) as error:
        known = ", ".join(f"`${name}`" for name in numbers)
        help = "write `$(i).0` for a number with a dot behind it" if re.search(r"\$\w+\.\d", target) else None
        message = f"`{target}` has no value: {error}"
        report.add(Code.BAD_WEIGHTS, message, path, expected=known and f"numbers of the name: {known}", help=help)
        return False
    return True
