"""Examples and targets that are given as numbers."""

from __future__ import annotations

from math import prod
from typing import Any

import torch
from torch import Tensor

from netspec.diagnostics import Code, NetspecError
from netspec.graph import Graph, Input
from netspec.recipe.losses import Loss
from netspec.recipe.tasks import axes


def only_input(graph: Graph) -> Input:
    """The network's input.

    Raises:
        NetspecError: NS0804: it has several.
    """
    (first, *others) = graph.inputs.values()
    if others:
        names = ", ".join(f"`{name}`" for name in graph.inputs)
        message = f"the network takes several inputs ({names}); a step is told of one"
        raise NetspecError.of(Code.DATA_MISMATCH, message)
    return first


def examples_of(values: Any, graph: Graph) -> Tensor:
    """Examples [N, ...] of nested lists of numbers: one example, or a list of them.

    Raises:
        NetspecError: NS0804: they are not of the input's shape.
    """
    taken = only_input(graph)
    found = _tensor(values, "values")
    if tuple(found.shape) == taken.shape:
        found = found[None]
    if tuple(found.shape[1:]) != taken.shape or not len(found):
        raise NetspecError.of(
            Code.DATA_MISMATCH,
            "the values are not of the shape that the network takes",
            found=axes(tuple(found.shape)),
            expected=f"{axes(taken.shape)}, or a list of such",
        )
    if taken.dtype.startswith("int"):
        if found.is_floating_point():
            message = f"the network takes {taken.dtype}: whole numbers"
            raise NetspecError.of(Code.DATA_MISMATCH, message)
        return found
    return found.double()


def targets_of(target: Any, outputs: tuple[int, ...], loss: Loss) -> tuple[Tensor, bool]:
    """The targets of given examples, and whether they are classes.

    Raises:
        NetspecError: NS0804: they do not fit the network's output, or the loss does not take such.
    """
    if target is None:
        raise NetspecError.of(
            Code.DATA_MISMATCH,
            "the examples have no target",
            help="`--target 1`, a class, or values: `--target '[0.5]'`",
        )
    found = _tensor(target, "target")
    if (
        loss.takes_values()
        and found.numel() == prod(outputs)
        and tuple(found.shape) in (outputs, outputs[1:], (), (outputs[0],))
    ):
        return found.double().reshape(outputs), False
    labels = (outputs[0], *outputs[2:])
    whole = not found.is_floating_point()
    if loss.takes_classes() and whole and (tuple(found.shape) == labels or (outputs[0] == 1 and not found.ndim)):
        classes = found.reshape(labels) if found.numel() == prod(labels) else found
        if tuple(classes.shape) == labels and len(outputs) > 1:
            last = outputs[1] - 1
            if classes.numel() and not 0 <= int(classes.min()) <= int(classes.max()) <= last:
                message = f"the network has {last + 1} output{'s' * (last > 0)}: classes are 0 to {last}"
                raise NetspecError.of(Code.DATA_MISMATCH, message, found=str(target)[:60])
            return classes, True
    ways = []
    if loss.takes_classes() and len(outputs) > 1:
        ways.append("a class" if labels == (1,) else f"classes of {axes(labels)}")
    if loss.takes_values():
        ways.append(f"values of {axes(outputs if outputs[0] > 1 else outputs[1:])}")
    raise NetspecError.of(
        Code.DATA_MISMATCH,
        f"the target does not fit the network's output and `{loss.key}`",
        found=axes(tuple(found.shape)) if found.ndim else str(target)[:60],
        expected=" or ".join(ways),
    )


def _tensor(value: Any, what: str) -> Tensor:
    """Nested lists of numbers as a tensor, of whole numbers where all are such.

    Raises:
        NetspecError: NS0804: they are none, or differ in length.
    """
    try:
        made = torch.as_tensor(value)
        if made.dtype == torch.bool:
            raise ValueError
        return made.double() if made.is_floating_point() else made.long()
    except (ValueError, TypeError, RuntimeError, OverflowError):
        message = f"the {what} are no numbers, or lists of them that are alike in length"
        raise NetspecError.of(Code.DATA_MISMATCH, message, found=str(value)[:60]) from None
