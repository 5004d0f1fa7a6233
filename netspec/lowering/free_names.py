"""Names for parameters and variables of classes that nothing else has."""

from __future__ import annotations

from collections.abc import Mapping

from netspec import expr as e
from netspec.expr import Identifier

RESERVED = frozenset(
    """_ F OrderedDict Sequence Tensor abs bool dict enumerate float int isinstance len list make_divisible max min
    module nn range round self str sum super tensor torch tuple type""".split()  # noqa: SIM905 -- as words it is read more easily
)
"""Names that generated source uses itself."""

AMBIGUOUS = frozenset({"I", "O", "l"})
"""Names that look like numbers, which ruff refuses."""

_AXES: Mapping[int, tuple[str, ...]] = {
    1: ("in_features",),
    2: ("in_channels", "in_features"),
    3: ("in_channels", "in_height", "in_width"),
    4: ("in_channels", "in_depth", "in_height", "in_width"),
}


def axes_of(rank: int) -> tuple[str, ...]:
    """The names of the parameters that hold the sizes of a tensor."""
    return _AXES.get(rank) or tuple(f"in_size{axis}" for axis in range(rank))


def free_name(wanted: str, used: set[str]) -> Identifier:
    """A name similar to the wanted one that is not used, and is now."""
    base = name = Identifier.near(wanted)
    count = 2
    while name in used:
        name, count = Identifier(f"{base}{count}" if not base[-1].isdigit() else f"{base}_{count}"), count + 1
    used.add(name)
    return name


def unreserved(expr: e.Comprehension) -> e.Comprehension:
    """A comprehension whose own variables hide no function that generated source calls."""
    taken = {name for part in e.children(expr) for name in e.names(part)} | {*expr.targets, *RESERVED}
    return e.retargeted(expr, {name: free_name(name, taken) for name in expr.targets if name in RESERVED})
