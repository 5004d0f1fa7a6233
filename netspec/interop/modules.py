"""Pairs of modules in two networks, and their settings: values that their authors wrote, of any class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import nn

from netspec.interop.result import Check

_WITHOUT_EFFECT = frozenset({"training", "inplace"})
"""Attributes without effect on a network's outputs."""

_SYNONYMS = {"drop_prob": "p", "drop_rate": "p"}

_IN_TRAINING = frozenset({"p", "momentum", "dropout"})
"""Settings with effect in training alone: a difference shows in no output of the evaluation mode."""

_WHOLE_EXAMPLES = frozenset({"StochasticDepth", "DropPath"})
"""Names of classes that drop whole examples: torch has none, and every collection its own."""

Apart = dict[str, tuple[str, str]]
"""Modules with different settings, by our path: ours and theirs in words."""


def module_pairs(tensors: Mapping[str, str], ours: nn.Module, theirs: nn.Module) -> dict[str, str]:
    """Pairs of equivalent modules, by our path: owners of tensors that correspond, and modules of one name."""
    pairs: dict[str, str] = {}
    for here, there in tensors.items():
        (our_owner, _, a), (their_owner, _, b) = here.rpartition("."), there.rpartition(".")
        if a == b:
            pairs[our_owner] = their_owner
    if all(here == there for here, there in tensors.items()):
        leaves = {path for path, module in theirs.named_modules() if not any(module.children())}
        pairs.update({p: p for p, module in ours.named_modules() if p in leaves and not any(module.children())})
    return pairs


def pairs_in_order(
    pairs: Mapping[str, str], ours: nn.Module, theirs: nn.Module, order: Sequence[str], other_order: Sequence[str]
) -> dict[str, str]:
    """The pairs, and pairs of modules without tensors or common names: by their position among those of one kind.

    Args:
        pairs: The known pairs.
        ours: The spec's network.
        theirs: The reference.
        order: Paths of our modules as they run.
        other_order: Paths of the reference's modules.
    """
    found = dict(pairs)
    here, there = _by_family(ours, order), _by_family(theirs, other_order)
    for kind, mine in here.items():
        other = there.get(kind, [])
        if len(mine) != len(other):  # a module without effect, such as a rate of 0, may be missing in the other network
            mine = [path for path in mine if path not in pairs]
            other = [path for path in other if path not in pairs.values()]
        if len(mine) == len(other):
            for a, b in zip(mine, other, strict=True):
                if a not in pairs and b not in pairs.values():
                    found[a] = b
    return found


def _by_family(network: nn.Module, order: Sequence[str]) -> dict[str, list[str]]:
    modules = dict(network.named_modules())
    found: dict[str, list[str]] = {}
    for path in dict.fromkeys(order):  # a module that runs several times counts once, where it runs first
        if without_tensors(modules[path]):
            found.setdefault(family(modules[path]), []).append(path)
    return found


def without_tensors(module: nn.Module) -> bool:
    """Whether a module holds nothing: no parameter, no buffer, no other module."""
    return not any(True for _ in (*module.children(), *module.parameters(), *module.buffers()))


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


def settings_check(apart: Mapping[str, tuple[nn.Module, nn.Module]], same_operations: bool, equal: bool) -> Check:
    """The verdict on differing settings.

    Args:
        apart: The pairs of modules with different settings, by our path.
        same_operations: Whether both networks run the same torch operations: then settings that are only written
            differently, 7 for (7, 7), mean the same.
        equal: Whether all numbers are equal.
    """
    telling, in_training = [], []
    for path, (ours, theirs) in apart.items():
        here, there, names = _settings(ours), _settings(theirs), _differing(ours, theirs)
        if not same_operations or not all(_reads_alike(here.get(name), there.get(name)) for name in names):
            telling.append(path)
            in_training += [path] if names & _IN_TRAINING else []
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
