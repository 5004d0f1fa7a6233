"""Evaluation of a program without torch: the modules that it makes, and the calls of a forward pass.

The result must equal the elaborated graph, call by call and path by path.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netspec.objects.immutable import immutable
from netspec.program import Call
from netspec.program.building import Freeze, Initialise, Tie
from netspec.program.classes import Program
from netspec.resolve.modules import Builder, Module, Refused
from netspec.resolve.steps import ForwardCall, Run, TensorId

__all__ = ["Builder", "ForwardCall", "Refused", "Resolved", "resolve", "run"]


@immutable
class Resolved:
    """The result of evaluating a program.

    Attributes:
        modules: Torch modules and learned tensors by path, in creation order.
        steps: The calls of a forward pass in training mode.
        outputs: The tensors that it returns, by name.
        settings: Freezes, ties and initialisations, in order.
        held: For each tensor, the last step at which a local variable, or the caller of a module, still holds it.
        scans: By the number of the call that takes a loop's steps: each carried tensor before a step, and after it.
    """

    modules: Mapping[str, Call]
    steps: tuple[ForwardCall, ...]
    outputs: Mapping[str, TensorId]
    settings: tuple[Freeze | Tie | Initialise, ...]
    held: Mapping[TensorId, int]
    scans: Mapping[int, tuple[tuple[TensorId, TensorId], ...]]


def resolve(program: Program, arguments: Mapping[str, Any] | None = None) -> Resolved:
    """Evaluate a program; the network's class is called with `arguments` in place of its defaults.

    Raises:
        Refused: The class refuses the arguments.
    """
    builder = Builder(program)
    return run(program, builder, builder.instance(program.main, arguments or {}))


def run(program: Program, builder: Builder, root: Module) -> Resolved:
    """A forward pass of the network that a builder made."""
    done = Run(root, len(program.main.inputs))
    return Resolved(dict(root.calls()), tuple(done.steps), done.outputs, tuple(builder.settings), done.held, done.scans)
