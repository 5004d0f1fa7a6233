"""The cost of reading a pickle: counted from its opcodes, before any object is made."""

from __future__ import annotations

import pickletools
import re
from collections.abc import Iterator
from typing import BinaryIO

from netspec.objects.immutable import immutable

MAX_WEIGHT = 100_000
"""The most values in a tuple, those of inner tuples counted each time: a dict's key is hashed value by value."""

_SIZED = re.compile(r"torch[\w.]* \w*(Storage|Tensor)")
"""Classes whose constructor allocates a given size; torch.save writes no such call."""

_FILLED = ("builtins bytearray", "builtins set", "collections Counter", "__builtin__ bytearray", "__builtin__ set")
"""Callables that take content, not a size."""

_PUTS, _GETS = ("PUT", "BINPUT", "LONG_BINPUT"), ("GET", "BINGET", "LONG_BINGET")
_TUPLES = {"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_CALLS = ("REDUCE", "NEWOBJ")


@immutable
class _Value:
    """Facts about a value on the stack of the pickle machine.

    Attributes:
        weight: For a tuple: the number of its values, with those of inner tuples counted each time.
        name: For a class or a function: its module and its name.
        numbers: For a tuple: whether an integer is among its own values.
        number: Whether it is an integer.
        mark: Whether it is the machine's mark.
    """

    weight: int = 1
    name: str | None = None
    numbers: bool = False
    number: bool = False
    mark: bool = False


_SOMETHING, _NUMBER, _MARK = _Value(), _Value(number=True), _Value(mark=True)


def costly(stream: BinaryIO) -> str | None:
    """The reason why a pickle would cost its reader more than its bytes; None where it would not.

    Args:
        stream: At the pickle; after it once the pickle is found cheap.
    """
    try:
        return next(_costs(stream), None)
    except (ValueError, IndexError, KeyError, OverflowError, MemoryError):
        return "its pickle is damaged"


def _costs(stream: BinaryIO) -> Iterator[str]:
    stack: list[_Value] = []
    memo: dict[int, _Value] = {}
    for opcode, argument, _ in pickletools.genops(stream):
        name = opcode.name
        if name in _PUTS:
            memo[int(str(argument))] = stack[-1]
        elif name == "MEMOIZE":
            memo[len(memo)] = stack[-1]
        elif name in _GETS:
            stack.append(memo[int(str(argument))])
        elif name == "MARK":
            stack.append(_MARK)
        elif name == "GLOBAL":
            stack.append(_Value(name=str(argument)))
        elif name == "TUPLE" or name in _TUPLES:
            members = _popped(stack, _TUPLES.get(name))
            made = _Value(1 + sum(each.weight for each in members), numbers=any(each.number for each in members))
            if made.weight > MAX_WEIGHT:
                yield f"it nests tuples in each other, {made.weight:,} values deep and wide"
            stack.append(made)
        elif name in _CALLS:
            called, given = _popped(stack, 2)
            if called.name is not None and _makes_much(called.name, given):
                yield f"it calls {called.name.replace(' ', '.')} with a size"
            stack.append(_SOMETHING)
        else:
            _apply(opcode, stack)


def _makes_much(name: str, given: _Value) -> bool:
    """Whether a call may make more than its arguments hold; the reader refuses unknown callables itself."""
    return _SIZED.fullmatch(name) is not None or (name in _FILLED and given.numbers)


def _popped(stack: list[_Value], count: int | None) -> list[_Value]:
    """The last values, removed from the stack; those down to the mark where `count` is None."""
    found: list[_Value] = []
    while count is None or len(found) < count:
        value = stack.pop()
        if value.mark:
            if count is None:
                break
            raise ValueError
        found.append(value)
    return found[::-1]


def _apply(opcode: pickletools.OpcodeInfo, stack: list[_Value]) -> None:
    """The effect of any other opcode on the stack, by pickletools' description."""
    taken = opcode.stack_before
    if pickletools.stackslice in taken:
        _popped(stack, None)
        taken = taken[: taken.index(pickletools.markobject)]
    _popped(stack, len(taken))
    numbers = (pickletools.pyint, pickletools.pyinteger_or_bool)
    stack += [_NUMBER if each in numbers else _SOMETHING for each in opcode.stack_after]
