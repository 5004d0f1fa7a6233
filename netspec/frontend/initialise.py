"""`init`: which initialiser each weight gets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netspec.graph import Initialiser

INITIALISERS: Mapping[str, tuple[str, ...]] = {
    "zeros": (),
    "ones": (),
    "eye": (),
    "dirac": (),
    "constant": ("val",),
    "normal": ("mean", "std"),
    "uniform": ("a", "b"),
    "trunc_normal": ("mean", "std", "a", "b"),
    "xavier_uniform": ("gain",),
    "xavier_normal": ("gain",),
    "kaiming_uniform": ("a", "mode", "nonlinearity"),
    "kaiming_normal": ("a", "mode", "nonlinearity"),
    "orthogonal": ("gain",),
    "sparse": ("sparsity", "std"),
}
"""torch.nn.init's functions (``normal`` is ``normal_``) and the names of their arguments in order."""

_NUMBERS = frozenset({"val", "mean", "std", "a", "b", "gain", "sparsity"})
_WORDS: Mapping[str, tuple[str, ...]] = {
    "mode": ("fan_in", "fan_out"),
    "nonlinearity": ("linear", "relu", "leaky_relu", "tanh", "sigmoid", "selu", "conv1d", "conv2d", "conv3d"),
}
_REQUIRED: Mapping[str, int] = {"constant": 1, "sparse": 1}


class BadInitialiser(Exception):
    """An `init` value cannot be read."""

    def __init__(self, message: str, expected: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.expected = expected


def read_initialiser(written: Any) -> Initialiser:
    """An initialiser as a spec writes it: a name, or a name with its arguments.

    Raises:
        BadInitialiser: The name or an argument is unknown.
    """
    if isinstance(written, (int, float)) and not isinstance(written, bool):
        return Initialiser("constant", {"val": written})
    name, given = written, None
    if isinstance(written, dict) and len(written) == 1:
        name, given = next(iter(written.items()))
    names = INITIALISERS.get(name) if isinstance(name, str) else None
    if names is None:
        raise BadInitialiser(f"there is no initialiser `{name}`", f"one of {', '.join(INITIALISERS)}")
    if given is None:
        arguments: dict[str, Any] = {}
    elif isinstance(given, dict):
        arguments = dict(given)
    else:
        values = given if isinstance(given, (list, tuple)) else (given,)
        if len(values) > len(names):
            raise BadInitialiser(f"`{name}` takes {len(names)} arguments", ", ".join(names) or "none")
        arguments = dict(zip(names, values, strict=False))
    for key, value in arguments.items():
        if key not in names:
            raise BadInitialiser(f"`{name}` has no argument `{key}`", ", ".join(names) or "no argument")
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if key in _NUMBERS and not number:
            raise BadInitialiser(f"`{key}` of `{name}` must be a number")
        if key in _WORDS and value not in _WORDS[key]:
            raise BadInitialiser(f"`{key}` of `{name}` cannot be `{value}`", " or ".join(_WORDS[key]))
    missing = [n for n in names[: _REQUIRED.get(name, 0)] if n not in arguments]
    if missing:
        raise BadInitialiser(f"`{name}` needs `{missing[0]}`")
    return Initialiser(name, arguments)
