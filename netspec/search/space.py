"""The axes of a search, as they are written: ``width=8..64:log``, ``depths.2=1..6``, ``act=relu,gelu``."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import product
from typing import Any

from netspec.diagnostics import Code, Diagnostic, NetspecError, Span
from netspec.diagnostics.styled import printable
from netspec.driver.spec import Spec
from netspec.frontend.schema import SECTION
from netspec.frontend.settings import setting
from netspec.objects.immutable import immutable
from netspec.report.numbers import yaml_text

MOST = 10_000
"""The most points of a grid, and values of one axis."""

_AMID = 0.382
"""The share of a range at which a value of it is looked at: no round one, which would pass for a whole number."""

_RANGE = re.compile(r"(?P<low>[^.:,]+(?:\.\d+[^.:,]*)?)\.\.(?P<high>[^:,]+)(?P<options>(?::[^:]+)*)")
_SUCH = "NAME=8..64, NAME=1e-4..1e-1:log, NAME=8..64:step=8, or NAME=relu,gelu"


@immutable
class Axis:
    """A param or a dotted key, and the values that it may have.

    Attributes:
        name: Its name: ``width``, ``train.optimizer.lr``, or ``depths.2`` for the third item of a list.
        low: The lowest value of a range.
        high: The highest value.
        log: Whether its logarithm is spread evenly.
        step: The distance of two values; None for any.
        points: The number of a range's values on a grid; None where it has all, by its `step`.
        values: The listed values; empty for a range.
    """

    name: str
    low: float = 0
    high: float = 0
    log: bool = False
    step: float | None = None
    points: int | None = None
    values: tuple[Any, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether its values are integers."""
        return all(isinstance(each, int) for each in (self.low, self.high, self.step or 1))

    def samples(self) -> Sequence[Any]:
        """Its first value, its last, and what lies between them: of a range one value, of a list some dozens."""
        if self.values:
            return [*self.values[:: max(len(self.values) // 50, 1)], self.values[-1]]
        if self.step:
            middle = self.low + self.step * int((self.high - self.low) / self.step * _AMID)
        else:
            middle = self._at(_AMID)
        return [self.low, int(middle) if self.is_whole else middle, self.high]

    def grid(self) -> Sequence[Any]:
        """All its values on a grid.

        Raises:
            NetspecError: NS0704: there are none, or too many: the axis does not say how many it wants.
        """
        if self.values:
            return self.values
        if self.points is not None:
            shares = [i / max(self.points - 1, 1) for i in range(self.points)]
            found = [self._at(share) for share in shares]
            return list(dict.fromkeys(round(each) for each in found)) if self.is_whole else found
        step = self.step or (1 if self.is_whole and not self.log else None)
        if step is None or (self.high - self.low) / step >= MOST:
            raise _refused(self.name, "a grid needs to know its values", "`:points=4` or `:step=8`")
        return [self.low + i * step for i in range(round((self.high - self.low) / step) + 1)]

    def _at(self, share: float) -> float:
        if self.log:
            return float(self.low * (self.high / self.low) ** share)
        return self.low + (self.high - self.low) * share


def read_axis(text: str) -> Axis:
    """An axis as it is written.

    Raises:
        NetspecError: NS0704: it is none.
    """
    name, equals, given = text.partition("=")
    name = name.strip()
    if not equals or not name or not given.strip():
        raise _refused(text, "it is no axis of a search", _SUCH)
    match = _RANGE.fullmatch(given.strip())
    if match is None:
        values = _listed(name, given)
        if len(values) < 2:
            raise _refused(text, "an axis has two values at least", _SUCH)
        if twice := _listed_twice(values):
            raise _refused(text, f"`{printable(yaml_text(twice[0]))}` is listed twice", "each value once")
        return Axis(name, values=values)
    low, high = (_number(text, match[end]) for end in ("low", "high"))
    axis = Axis(name, low, high)
    for option in filter(None, match["options"].split(":")):
        axis = _with_option(axis, option, text)
    if axis.log and axis.low <= 0:
        raise _refused(text, "a logarithmic axis is above 0", _SUCH)
    if low >= high:
        raise _refused(text, "an axis goes from its lowest value up to its highest", _SUCH)
    _check_step(axis, text)
    return axis


def _check_step(axis: Axis, text: str) -> None:
    """Make sure that the steps of a range end at its highest value, as they are written in decimals."""
    if axis.step is None:
        return
    low, high, step = (Decimal(str(each)) for each in (axis.low, axis.high, axis.step))
    if step > high - low:
        raise _refused(text, "an axis has two values at least", f"a step of {high - low} at most")
    if rest := (high - low) % step:
        last = f"{(high - rest).normalize():f}"
        reason = f"its steps end at {last}, and {high} is no value of it"
        raise _refused(text, reason, f"`{axis.name}={low}..{last}:step={step}`")


def _listed_twice(values: Sequence[Any]) -> list[Any]:
    """The values that equal an earlier one: 0.0 after 0, not true after 1."""
    seen: set[str] = set()
    found = []
    for value in values:
        key = json.dumps(json.loads(json.dumps(value, default=str), parse_int=float))
        if key in seen:
            found.append(value)
        seen.add(key)
    return found


def settings_of(spec: Spec, point: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a point: an axis such as ``depths.2`` changes one item of a list, of the point or of the spec."""
    found: dict[str, Any] = {}
    for name, value in sorted(point.items(), key=lambda each: each[0].count(".")):
        owner, _, index = name.rpartition(".")
        parameter = spec.document.params.get(owner)
        items = found.get(owner, parameter.default if parameter else None)
        if index.isdecimal() and isinstance(items, list | tuple) and int(index) < len(items):
            found[owner] = [*items[: int(index)], value, *items[int(index) + 1 :]]
        else:
            found[name] = value
    return found


def changes(point: Iterable[str], key: str) -> bool:
    """Whether one of a point's axes, given by their names, changes something at a key of the recipe."""
    return any(name == SECTION or f"{name}.".startswith(f"{SECTION}.{key}.") for name in point)


def grid_of(axes: Sequence[Axis]) -> Iterator[dict[str, Any]]:
    """All points of a grid, the last axis first.

    Raises:
        NetspecError: NS0704: there are too many, or an axis does not say its values.
    """
    values = [axis.grid() for axis in axes]
    number = math.prod(map(len, values))
    if number > MOST:
        raise _refused("the grid", f"it has {number:,} points", f"at most {MOST:,}")
    return (dict(zip((axis.name for axis in axes), each, strict=True)) for each in product(*values))


def _with_option(axis: Axis, option: str, text: str) -> Axis:
    key, equals, value = option.partition("=")
    if option == "log":
        return replace(axis, log=True)
    if key == "step" and equals:
        number = _number(text, value)
        if number > 0 and not axis.log:
            return replace(axis, step=number)
    if key == "points" and value.isdecimal() and 2 <= int(value[:6]) <= MOST:
        return replace(axis, points=int(value))
    raise _refused(text, f"`{option}` is no option of it", "`:log`, `:step=8` above 0 and not with `:log`, `:points=4`")


def _listed(name: str, given: str) -> tuple[Any, ...]:
    """The values between commas, or of a list of YAML."""
    try:
        if given.lstrip().startswith("["):
            found = setting(f"{name}={given}")[1]
            return tuple(found) if isinstance(found, list) else ()
        return tuple(setting(f"{name}={each}")[1] for each in given.split(","))
    except NetspecError as error:
        raise NetspecError([of_axis(each) for each in error.diagnostics]) from error


def of_axis(found: Diagnostic) -> Diagnostic:
    """The diagnostic of a setting as that of the axis which set it."""

    def there(span: Span | None) -> Span | None:
        if span is None or not span.file.startswith("--set "):
            return span
        return replace(span, file="--over " + span.file.removeprefix("--set "))

    related = tuple(replace(each, span=there(each.span)) for each in found.related)
    return replace(found, span=there(found.span), related=related)


def _number(text: str, written: str) -> float:
    _, value = setting(f"x={written}")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or abs(value) >= 2**53:
        raise _refused(text, f"`{written.strip()}` is no number", _SUCH)
    return value


def _refused(what: str, reason: str, expected: str) -> NetspecError:
    return NetspecError.of(Code.BAD_SETTING, f"`--over {what}`: {reason}", expected=expected)
