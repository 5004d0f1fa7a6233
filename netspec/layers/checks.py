"""Checks that several layers share, each with its refusal."""

from collections.abc import Iterable
from functools import lru_cache
from math import isqrt, prod
from typing import Any, NoReturn

from netspec.diagnostics import Code
from netspec.diagnostics.facts import Fits, OutOfRange
from netspec.layers.base import refuse, refuse_option
from netspec.shape import Shape, Size, position, roughly, spell

AXIS_NAMES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}


def unset(value: Any) -> bool:
    """Whether an option is null; compares, since a symbolic null is not None itself."""
    return value in (None,)


def sizes(option: str, value: Size, axes: int, least: int) -> tuple[int, ...]:
    """`value` for each spatial axis; refuses a wrong count and sizes below `least`."""
    if isinstance(value, int):  # not a test for tuple: a symbolic sequence is iterable, but no tuple
        at_least(option, value, least)
        return (value,) * axes
    found = tuple(value)
    one_for_each(option, len(found), axes, "size", f"one integer, or a list of {axes}", spell(found))
    for size in found:
        at_least(option, size, least)
    return found


def at_least(option: str, value: float, least: float) -> None:
    """Refuses a number below `least`."""
    if value < least:
        refuse_option(
            option,
            f"`{option}` must be at least {least}",
            found=f"{value}",
            expected=f"{least} or more",
            fact=OutOfRange(option, least=least),
        )


def above(option: str, value: float, limit: float, why: str) -> None:
    """Refuses a number that is not above `limit`; `why` stands after the refusal."""
    if value <= limit:
        refuse_option(
            option,
            f"`{option}` must be {'positive' if limit == 0 else f'above {limit}'}{why}",
            found=f"{value}",
            expected=f"more than {limit}",
        )


def nonzero(option: str, value: float | None, why: str, help: str | None = None) -> None:
    """Refuses 0."""
    if value == 0:
        problem = f"`{option}` cannot be 0{why}"
        refuse_option(option, problem, found="0", expected="a number other than 0", help=help)


def at_most(option: str, count: int, most: int, what: str, help: str | None = None) -> None:
    """Refuses a count above the largest that is allowed."""
    if count > most:
        problem, found = f"{count:d} {what} are too many", f"{count:d} {what}"
        refuse_option(option, problem, found=found, expected=f"{most:,} at most", help=help)


def one_for_each(option: str, count: int, axes: int, what: str, expected: str, found: str | None = None) -> None:
    """Refuses a list that does not have one entry for each spatial axis."""
    if count != axes:
        entries = f"{count} {what}{'' if count == 1 else 's'}"
        problem = f"`{option}` has {entries}, the input has {axes} spatial {'axis' if axes == 1 else 'axes'}"
        refuse_option(option, problem, found=found or entries, expected=expected)


def meaningless(option: str, to: str, expected: str) -> NoReturn:
    """Refuses an option that is meaningless beside another one."""
    refuse_option(option, f"`{option}` means nothing to {to}", found=to, expected=expected)


def within(option: str, index: int, size: int, problem: str) -> None:
    """Refuses an index outside a range, counted from the front or from the end."""
    if not -size <= index < size:
        refuse_option(option, problem, found=f"{index}", expected=f"{-size} to {size - 1}")


def probability(option: str, value: float) -> None:
    """Refuses a number that is no probability."""
    if not 0 <= value <= 1:
        refuse_option(
            option,
            f"`{option}` is a probability",
            found=f"{value}",
            expected="0 to 1",
            help=f"`{option}: {value / 100:g}` drops {value:g} per cent" if 1 < value <= 100 else None,
            fact=Fits(option, (value / 100,)) if 1 < value <= 100 else OutOfRange(option, least=0, most=1),
        )


def axis_of(option: str, axis: int, shape: Shape) -> int:
    """`axis` counted from the front; refuses one that `shape` lacks."""
    found = position(axis, len(shape))
    if found is None:
        rank = len(shape)
        refuse(
            Code.BAD_AXIS,
            f"`{option}: {axis}` is no axis of {spell(shape)}",
            option=option,
            found=f"{axis}",
            expected=f"{-rank} to {rank - 1}" if rank else "no axis: the value is one number",
            fact=OutOfRange(option, least=-rank, most=rank - 1) if rank else None,
            help="axes count the shape as written, without the batch: 0 is the first, -1 the last",
        )
    return found


def divides(option: str, groups: int, channels: int, what: str) -> None:
    """Refuses `groups` that do not divide `channels`, and names near numbers that do."""
    at_least(option, groups, 1)
    if channels % groups != 0:
        known = divisors(channels)
        lower = max((d for d in known if d <= groups), default=1)
        upper = min((d for d in known if d >= groups), default=None)
        refuse(
            Code.GROUPS_DO_NOT_DIVIDE,
            f"{groups} {option.removeprefix('num_').replace('_', ' ')} do not divide {channels} {what}",
            option=option,
            found=f"{channels} = {groups} x {channels // groups} + {channels % groups}",
            expected=f"a divisor of {channels}",
            fact=Fits(option, (lower,) if upper is None else (lower, upper), channels),
        )


@lru_cache(maxsize=256)
def divisors(number: int) -> tuple[int, ...]:
    """The divisors of a number, in order; of a very large one, those that are small or leave a small quotient."""
    small = [d for d in range(1, min(isqrt(number), _SOUGHT) + 1) if number % d == 0]
    return tuple(sorted({*small, *(number // d for d in small)}))


_SOUGHT = 1024
"""The largest number that is tried as a divisor."""

MOST_ELEMENTS = 2**61 - 1
"""Elements of a tensor: torch counts the bytes of four for each in 64 bits."""

MOST_AXES = 63
"""Axes of a tensor besides the batch: no operation of torch takes more than 64."""


def holdable(shape: Shape) -> str | None:
    """The reason why torch cannot hold a tensor, in words; None where it can."""
    if len(shape) > MOST_AXES:
        return f"{len(shape)} axes"
    elements = prod(shape)
    return f"{spell(shape)}, {roughly(elements)} elements" if elements > MOST_ELEMENTS else None


def within_reach(outputs: Iterable[Shape], weights: Iterable[Shape]) -> None:
    """Refuses results and weights that torch cannot hold."""
    for what, shapes in (("its result", outputs), ("a weight", weights)):
        for shape in shapes:
            if prod(shape) > MOST_ELEMENTS or len(shape) > MOST_AXES:
                refuse(
                    Code.TOO_LARGE,
                    f"{what} is larger than torch can hold",
                    found=holdable(shape),
                    expected=f"at most {MOST_AXES} axes, and less than 2^61 elements",
                )
