"""Two networks with the same inputs, run, differentiated and watched alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from netspec.diagnostics import Code, NetspecError
from netspec.files.python_file import place
from netspec.graph import Graph
from netspec.interop.assembling import assembled
from netspec.interop.calls import watched
from netspec.interop.numbers import Pair, compare, compare_outputs, pair_outputs
from netspec.interop.origins import Assembly
from netspec.interop.randomness import random_inputs
from netspec.interop.result import Check
from netspec.interop.tracing import Operation, Trace
from netspec.objects.immutable import immutable


@immutable
class Run:
    """One watched forward pass.

    Attributes:
        inputs: The input tensors, with gradients where they are floating point.
        outputs: The output tensors.
        operations: Torch's operations during the pass.
        order: Paths of the innermost modules, as they ran.
    """

    inputs: list[Tensor]
    outputs: Any
    operations: list[Operation]
    order: list[str]

    @property
    def draws(self) -> list[Operation]:
        """The operations that drew random numbers."""
        return [each for each in self.operations if each.draws is not None]


@immutable
class Passed:
    """Both networks' passes in one mode, forward and backward, compared.

    Attributes:
        ours: The pass of the spec's network.
        theirs: The pass of the reference.
        outputs: Comparison of the outputs.
        gradients: Comparison of the gradients, None where the outputs have different shapes.
    """

    ours: Run
    theirs: Run
    outputs: Check
    gradients: Check | None

    @property
    def checks(self) -> list[Check]:
        """The comparisons that were made."""
        return [self.outputs] if self.gradients is None else [self.outputs, self.gradients]


class Bench:
    """The spec's network and the reference, with the inputs of both.

    Args:
        ours: The spec's network.
        theirs: The reference.
        graph: The spec's graph, which has the input shapes.
        against: The reference, as the user named it.
        seed: Seed of inputs and of all random draws.
        batch: Examples in the input.
    """

    def __init__(
        self, ours: nn.Module, theirs: nn.Module, graph: Graph, *, against: str, seed: int, batch: int
    ) -> None:
        self.ours, self.theirs, self.against, self.seed = ours, theirs, against, seed
        self.names = tuple(graph.inputs)
        self.inputs = random_inputs(graph, seed, batch)

    def called(self, network: nn.Module, inputs: list[Tensor] | None = None) -> Any:
        """A network's outputs for the random inputs; both networks draw under the same seed.

        Raises:
            NetspecError: NS0908: the reference fails.
        """
        torch.manual_seed(self.seed)
        given = [each.clone() for each in inputs or self.inputs]  # a network may work on them in place
        if network is self.ours:
            return network(*given)
        try:
            return network(*given)
        except Exception as error:
            shapes = ", ".join(str(list(each.shape)) for each in given)
            message = f"the reference {self.against} fails for an input {shapes}: {type(error).__name__}: {error}"
            file = Path(self.against.rpartition(":")[0])
            span = place(file, error) if file.suffix == ".py" else None
            raise NetspecError.of(Code.REFERENCE_FAILED, message, span=span) from error

    def keep_buffers(self) -> Callable[[], None]:
        """Note both networks' buffers, which training mode changes; returns a function that restores them."""
        kept = [(buffer, buffer.clone()) for network in (self.ours, self.theirs) for buffer in network.buffers()]

        def renew() -> None:
            with torch.no_grad():
                for buffer, was in kept:
                    buffer.copy_(was)

        return renew

    def watch(self, network: nn.Module, by_content: bool = False) -> Run:
        """A watched forward pass.

        Args:
            network: One of the two.
            by_content: Whether draws follow from the values computed before, not from their order.
        """
        inputs = [each.clone().requires_grad_(each.is_floating_point()) for each in self.inputs]
        innermost = {path: module for path, module in network.named_modules() if path and not any(module.children())}
        order: list[str] = []
        with watched(innermost, lambda path, _: order.append(path)), Trace(by_content) as trace:
            outputs = self.called(network, inputs)
        return Run(inputs, outputs, trace.operations, order)

    def passed(
        self, what: str, parameters: Mapping[str, Assembly], tolerance: float, *, by_content: bool = False
    ) -> Passed:
        """Both networks forward and backward, as they stand.

        Args:
            what: Prefix of the checks' names: ``training ``.
            parameters: The reference's tensors by our name, for each tensor.
            tolerance: Relative difference up to which tensors are close.
            by_content: The option of `watch`.
        """
        for network in (self.ours, self.theirs):
            network.requires_grad_(True)
        ours, theirs = self.watch(self.ours, by_content), self.watch(self.theirs, by_content)
        outputs = compare_outputs(f"{what}outputs", ours.outputs, theirs.outputs, tolerance)
        pairs = pair_outputs(ours.outputs, theirs.outputs, tolerance)
        if pairs is None or any(a.squeeze().shape != b.squeeze().shape for _, a, b in pairs):
            return Passed(ours, theirs, outputs, None)
        found = self._gradients(f"{what}gradients", [pairs], parameters, ours, theirs, tolerance)
        if found.status == "close" and len(pairs) > 1:  # another network may add the parts of a sum in another order
            each = self._gradients(found.name, [[pair] for pair in pairs], parameters, ours, theirs, tolerance)
            found = each if each.status == "equal" else found
        return Passed(ours, theirs, outputs, found)

    def _gradients(
        self,
        name: str,
        sums: list[list[Pair]],
        parameters: Mapping[str, Assembly],
        ours: Run,
        theirs: Run,
        tolerance: float,
    ) -> Check:
        """The gradients of each of these sums of outputs, by parameters and inputs, compared."""
        mine = dict(self.ours.named_parameters(remove_duplicate=False))
        other = dict(self.theirs.named_parameters(remove_duplicate=False))
        learned = {
            a: made for a, made in parameters.items() if a in mine and all(part.name in other for part in made.parts)
        }
        inputs = list(zip(self.names, ours.inputs, theirs.inputs, strict=True))
        leaves = [*mine.values(), *other.values(), *ours.inputs, *theirs.inputs]
        gradients = []
        for pairs in sums:
            for leaf in leaves:
                leaf.grad = None
            self._differentiate(pairs)
            gradients += [(where, mine[where].grad, gradient_of(made, other)) for where, made in learned.items()]
            gradients += [(where, a.grad, b.grad) for where, a, b in inputs]
        for leaf in leaves:
            leaf.grad = None
        return compare(name, gradients, tolerance)

    def _differentiate(self, pairs: list[Pair]) -> None:
        """Differentiate the sum of all outputs, each element with a random weight, the same in both networks."""
        generator = torch.Generator().manual_seed(self.seed + 1)
        directions = [torch.randn(a.shape, generator=generator) for _, a, _ in pairs]
        for outputs in ([a for _, a, _ in pairs], [b for _, _, b in pairs]):
            moving = [(out, way) for out, way in zip(outputs, directions, strict=True) if out.requires_grad]
            if moving:
                ways = [way.to(out.dtype).reshape(out.shape) for out, way in moving]
                torch.autograd.backward([out for out, _ in moving], ways, retain_graph=True)


def gradient_of(made: Assembly, theirs: Mapping[str, Tensor]) -> Tensor | None:
    """The reference's gradient in the place of one of ours; None where there is none."""
    found = {part.name: theirs[part.name].grad for part in made.parts}
    if not made.changed or all(gradient is None for gradient in found.values()):
        return found[made.parts[0].name]
    whole = {
        name: torch.zeros_like(theirs[name]) if each is None else each.to_dense()  # those of embeddings may be sparse
        for name, each in found.items()
    }
    return assembled(made, whole)
