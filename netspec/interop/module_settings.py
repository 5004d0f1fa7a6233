"""Settings of modules: values that their authors wrote, read from the attributes of any class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from netspec.interop.result import Check, Status
from netspec.objects.immutable import immutable

_WITHOUT_EFFECT = frozenset({"training", "inplace"})
"""Attributes without effect on a network's outputs."""

_SYNONYMS = {"drop_prob": "p", "drop_rate": "p"}

_IN_TRAINING = frozenset({"p", "momentum", "dropout"})
"""Settings with effect in training alone: a difference shows in no output of the evaluation mode."""

_WHOLE_EXAMPLES = frozenset({"StochasticDepth", "DropPath"})
"""Names of classes that drop whole examples: torch has none, and every collection its own."""

Apart = dict[str, tuple[str, str]]
"""Modules with different settings, by our path: ours and theirs in words."""


def family(module: nn.Module) -> str:
    """The common name of modules that do the same, from any collection."""
    name = type(module).__name__
    return "StochasticDepth" if name in _WHOLE_EXAMPLES else name


def spell(module: nn.Module) -> str:
    """The module with its settings, in words."""
    parts = [part for part in module.extra_repr().split(", ") if part and not part.startswith(tuple(_WITHOUT_EFFECT))]
    told = ", ".join(parts) or ", ".join(f"{name}={value!r}" for name, value in _settings(module).items())
    return f"{type(module).__name__}({told})"


def settings_apart(pairs: Mapping[str, str], ours: nn.Module, theirs: nn.Module) -> Apart:
    """Pairs of modules of one kind whose settings differ, or are written differently."""
    found = {}
    here, there = dict(ours.named_modules()), dict(theirs.named_modules())
    for path, other in pairs.items():
        a, b = here[path], there[other]
        if _of_one_kind(a, b) and _differing(a, b):
            found[path] = (spell(a), spell(b) if path == other else f"{spell(b)} as `{other}`")
    return found


@immutable
class Kinds:
    """Our paths of two kinds of modules with different settings.

    Attributes:
        written: Modules whose settings are only written differently: 7 for (7, 7).
        in_training: Modules that differ in a setting with effect in training alone.
    """

    written: frozenset[str]
    in_training: frozenset[str]


def kinds_apart(apart: Apart, pairs: Mapping[str, str], ours: nn.Module, theirs: nn.Module) -> Kinds:
    """The kinds of the differences."""
    here, there = dict(ours.named_modules()), dict(theirs.named_modules())
    written, in_training = set(), set()
    for path in apart:
        a, b = here[path], there[pairs[path]]
        mine, other = _settings(a), _settings(b)
        names = _differing(a, b)
        if all(_reads_alike(mine.get(name), other.get(name)) for name in names):
            written.add(path)
        if names & _IN_TRAINING:
            in_training.add(path)
    return Kinds(frozenset(written), frozenset(in_training))


def settings_check(apart: Apart, kinds: Kinds, operations: Status, equal: bool) -> Check:
    """The verdict on differing settings.

    Args:
        apart: The modules with different settings.
        kinds: The kinds of their differences.
        operations: Whether both networks run the same torch operations: then settings that read alike mean the same.
        equal: Whether all numbers are equal.
    """
    telling = [path for path in apart if operations != "equal" or path not in kinds.written]
    in_training = [path for path in telling if path in kinds.in_training]
    if not telling:
        return Check("settings", "equal")
    if equal and not in_training:
        remark = f"{len(telling)} apart, and this input does not show whether they mean the same, first"
        return Check("settings", "unknown", where=telling[0], remark=remark)
    shown = in_training if equal else telling
    return Check("settings", "different", where=shown[0], remark=f"{len(shown)} apart, first")


def _reads_alike(ours: Any, theirs: Any) -> bool:
    """Whether two values are equal in other notation: 7 and (7, 7), or `same` and the padding that it stands for."""
    if isinstance(ours, str) != isinstance(theirs, str):
        return True
    return bool(_short(ours) == _short(theirs))


def _short(value: Any) -> Any:
    return value[0] if isinstance(value, tuple) and len(set(value)) == 1 else value


def _of_one_kind(ours: nn.Module, theirs: nn.Module) -> bool:
    return isinstance(ours, type(theirs)) or isinstance(theirs, type(ours)) or family(ours) == family(theirs)


def _differing(ours: nn.Module, theirs: nn.Module) -> set[str]:
    here, there = _settings(ours), _settings(theirs)
    if type(ours) is not type(theirs):
        shared = here.keys() & there.keys()
        return {name for name in shared if here[name] != there[name]}
    return {name for name in here.keys() | there.keys() if here.get(name) != there.get(name)}


def _settings(module: nn.Module) -> dict[str, Any]:
    """The public attributes with plain values; an attribute with several names has one of them."""
    return {
        _SYNONYMS.get(name, name): tuple(value) if isinstance(value, list) else value
        for name, value in vars(module).items()
        if not name.startswith("_") and name not in _WITHOUT_EFFECT and _is_plain(value)
    }


def _is_plain(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (bool, int, float, str))
