"""What a program's source needs besides its own classes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from netspec.expr import Apply
from netspec.program import Call
from netspec.program.building import AttachParameter, Chain
from netspec.program.classes import Program
from netspec.program.forward import CallFunction

OWN = "netspec.nn."
FUNCTIONAL = "torch.nn.functional."


def calls(program: Program) -> Iterator[Call]:
    """Every call of a torch class or function that it writes."""
    return (part for part in _parts(program) if isinstance(part, Call))


def carried(program: Program) -> tuple[set[str], bool]:
    """The classes and functions of `netspec.nn` that it uses, and whether it uses `make_divisible`."""
    used = {call.target.removeprefix(OWN) for call in calls(program) if call.target.startswith(OWN)}
    helper = any(isinstance(p, Apply) and p.function == "make_divisible" for p in _parts(program))
    return used, helper


def uses_functional(program: Program) -> bool:
    """Whether it calls `torch.nn.functional`."""
    return any(call.target.startswith(FUNCTIONAL) for call in calls(program))


def uses_named_chains(program: Program) -> bool:
    """Whether it makes a `nn.Sequential` whose children have names."""
    return any(isinstance(part, Chain) and part.names for part in _parts(program))


def uses_sequences(program: Program) -> bool:
    """Whether a parameter of one of its classes is a list or a tuple."""
    return any("Sequence[" in formal.type for cls in program.classes for formal in cls.formals)


def uses_tensor_functions(program: Program) -> bool:
    """Whether it calls functions of `torch` itself, as ``torch.cat``."""
    functions = [p.function.target for p in _parts(program) if isinstance(p, CallFunction)]
    made = [p.call.target for p in _parts(program) if isinstance(p, AttachParameter)]
    return any(t.startswith("torch.") and not t.startswith("torch.nn.") for t in (*functions, *made))


def _parts(tree: Any) -> Iterator[Any]:
    pending = [tree]
    while pending:
        here = pending.pop()
        if isinstance(here, (tuple, list)):
            pending.extend(here)
        elif isinstance(here, dict):
            pending.extend(here.values())
        elif dataclasses.is_dataclass(here):
            yield here
            pending.extend(getattr(here, field.name) for field in dataclasses.fields(here))
