"""Tensors of an original as ours, and back: every step can be undone."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from netspec.interop.origins import Assembly


def assembled(made: Assembly, tensors: Mapping[str, Tensor], like: Tensor | None = None) -> Tensor:
    """Our tensor, from the original's: a view of theirs where nothing is joined or converted.

    Args:
        made: The assembly.
        tensors: The original's tensors by name.
        like: A tensor whose device and type it gets, and whose shape, but for axes of size 1.
    """
    found = [tensors[part.name] for part in made.parts]
    if like is not None:
        found = [each.to(like.device, like.dtype) for each in found]
    if made.axis is not None:
        axis = made.axis
        found = [each.narrow(axis, part.start, part.size) for each, part in zip(found, made.parts, strict=True)]
    whole = found[0] if len(found) == 1 else torch.cat(found, made.axis or 0)
    if made.turn is not None:
        whole = whole.transpose(*made.turn)
    return whole.reshape(made.shape if like is None else like.shape)


def put_back(made: Assembly, ours: Tensor, tensors: Mapping[str, Tensor]) -> None:
    """Write one of our tensors into the original's that it is made of."""
    whole = ours.reshape(made.turned)
    if made.turn is not None:
        whole = whole.transpose(*made.turn)
    if made.axis is None:
        tensors[made.parts[0].name].copy_(whole)
        return
    sizes = [part.size for part in made.parts]
    for part, piece in zip(made.parts, whole.split(sizes, made.axis), strict=True):
        tensors[part.name].narrow(made.axis, part.start, part.size).copy_(piece)
