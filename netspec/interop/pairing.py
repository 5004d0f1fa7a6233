"""Pairs of modules in two networks: by the tensors that they own, by name, or by the order in which they run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import nn

from netspec.interop.module_settings import family


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
