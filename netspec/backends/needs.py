"""What a program's source needs besides its own classes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from netspec.expr import Apply
from netspec.program import AttachParameter, Call, CallFunction, Program


def carried(program: Program) -> tuple[list[str], bool]:
    """The classes of `netspec.nn` that it uses, sorted, and whether it uses `make_divisible`."""
    classes = {c.target.rpartition(".")[2] for c in _parts(program) if isinstance(c, Call) and _is_own(c.target)}
    helper = any(isinstance(p, Apply) and p.function == "make_divisible" for p in _parts(program))
    return sorted(classes), helper


def _is_own(target: str) -> bool:
    return target.startswith("netspec.nn.")


def uses_functional(program: Program) -> bool:
    """Whether it calls `torch.nn.functional`."""
    return any(isinstance(c, Call) and c.target.startswith("torch.nn.functional.") for c in _parts(program))


def uses_tensor_functions(program: Program) -> bool:
    """Whether it calls functions of `torch` itself, as ``torch.cat``."""
    return any(
        isinstance(p, AttachParameter)
        or (isinstance(p, CallFunction) and p.function.target.startswith("torch.") and ".nn." not in p.function.target)
        for p in _parts(program)
    )


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
