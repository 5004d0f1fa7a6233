"""A network beside a reference: the same weights, the same inputs, and everything that can be told apart."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from netspec.analysis import Analysis
from netspec.diagnostics import Code, NetspecError, Span
from netspec.frontend.weights import Weights
from netspec.interop import result
from netspec.interop.matching import fits, match, same_order, suggest
from netspec.interop.numbers import Pair, compare, compare_outputs, pair_outputs
from netspec.interop.parting import find_parting, module_pairs, settings_apart, settings_check
from netspec.interop.randomness import STATISTICS, fill, random_inputs
from netspec.interop.result import Check, Verification
from netspec.interop.work import count_work, counted_otherwise
from netspec.python_file import place


@dataclass(frozen=True, slots=True)
class Subject:
    """The spec's network: its module, its analysis for the same inputs, and what the spec says of weights."""

    module: nn.Module
    analysis: Analysis
    weights: Weights


@dataclass(frozen=True, slots=True)
class Settings:
    """How to compare.

    Attributes:
        seed: Of weights and inputs.
        batch: Examples in the input.
        tolerance: Relative difference up to which tensors are close.
        trained: Whether the spec's network has the weights to compare with; else they are drawn.

    Raises:
        NetspecError: NS0207: the tolerance is no such number.
    """

    seed: int = 0
    batch: int = 2
    tolerance: float = 1e-5
    trained: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.tolerance < math.inf:
            raise NetspecError.of(
                Code.BAD_OPTION,
                "the tolerance would let everything pass, or nothing",
                found=f"{self.tolerance}",
                expected="a number of at least 0, and finite",
            )


def verify(subject: Subject, reference: nn.Module, against: str, settings: Settings) -> Verification:
    """Compare a network with a reference, whose weights are overwritten.

    Args:
        subject: The spec's network.
        reference: The other.
        against: The reference, as it was named.
        settings: How to compare.

    Raises:
        NetspecError: NS0605: a rule of the spec's section `weights` has no value. NS0908: the reference fails.
    """
    return _Comparison(subject, reference, against, settings).run()


class _Comparison:
    """One comparison under way."""

    def __init__(self, subject: Subject, reference: nn.Module, against: str, settings: Settings) -> None:
        self.ours, self.theirs, self.against, self.settings = subject.module, reference, against, settings
        self.analysis, self.weights = subject.analysis, subject.weights
        self.inputs = random_inputs(self.analysis.graph, settings.seed, settings.batch)
        if any(is_lazy(tensor) for tensor in (*reference.parameters(), *reference.buffers())):
            with torch.no_grad():
                self.called(reference)  # lazy modules take their shapes from what flows in
        self.our_state, self.their_state = subject.module.state_dict(), reference.state_dict()
        self.matching = match(tuple(self.our_state), tuple(self.their_state), self.weights, against)

    def run(self) -> Verification:
        """Every check. Numbers are compared where every parameter has its counterpart."""
        tensors = tuple(self.unlike())
        checks = [self.parameters(), self.macs(), self.mapping(tensors)]
        apart: dict[str, tuple[str, str]] = {}
        parting = None
        if self.comparable(tensors):
            self.share_weights()
            pairs = module_pairs(self.matching.pairs, self.ours, self.theirs)
            apart = settings_apart(pairs, self.ours, self.theirs)
            numbers = self.evaluation()
            if numbers[0].status in ("different", "close"):
                threshold = self.settings.tolerance if numbers[0].status == "different" else 0.0
                parting = find_parting(pairs, self.ours, self.theirs, self.called, self.spans(), threshold)
            numbers += self.training()
            checks += [*numbers, settings_check(apart, all(check.status == "equal" for check in numbers))]
        rules = suggest(*self.shapes()) if self.matching.missing or self.matching.unknown else {}
        return Verification(
            self.analysis.graph.name,
            self.against,
            tuple(checks),
            self.matching.names,
            tensors,
            apart,
            parting,
            rules,
            self.settings.seed,
            self.settings.batch,
            self.settings.tolerance,
        )

    def parameters(self) -> Check:
        """Learned scalars, shared ones once."""
        ours = self.analysis.weights.total.params
        theirs = sum(parameter.numel() for parameter in self.theirs.parameters())
        return _figures("parameters", ours, theirs)

    def macs(self) -> Check:
        """The spec's figure, and half the operations that torch counts on the meta device.

        They cannot be compared where a layer's module makes torch count another number than the layer's definition.
        """
        ours = self.analysis.work.total
        try:
            theirs = count_work(self.theirs, self.analysis.graph).total
        except Exception as error:  # whatever a network does that the meta device cannot
            reason = f"{type(error).__name__}: {str(error)[:200]}"
            return Check("MACs", "unknown", ours, remark=f"torch cannot count the reference's: {reason}")
        otherwise = () if ours in (None, theirs) else counted_otherwise(self.ours, self.analysis, theirs)
        if not otherwise:
            return _figures("MACs", ours, theirs)
        layers = ", ".join(f"{each.counted:,} for {each.defined:,} in `{each.path}`" for each in otherwise)
        remark = f"torch counts otherwise than the layers' definitions: {layers}"
        return Check("MACs", "unknown", ours, theirs, where=otherwise[0].path, remark=remark)

    def mapping(self, tensors: tuple[result.Tensor, ...]) -> Check:
        """Names, shapes and, where names are the network's own, their order."""
        ours, theirs = f"{len(self.our_state)}", f"{len(self.their_state)}"
        if tensors:
            first = tensors[0]
            where = first.ours or first.theirs
            return Check(
                "tensors", "different", ours, theirs, where=where, remark=f"{len(tensors)} without a counterpart, first"
            )
        moved = same_order(self.matching, self.our_state, self.their_state)
        if moved is not None:
            status: result.Status = "different" if self.matching.names is None else "equal"
            return Check("tensors", status, ours, theirs, where=moved, remark="in another order")
        remark = f"{len(self.matching.left_out)} left out by a rule" if self.matching.left_out else None
        return Check("tensors", "equal", ours, theirs, remark=remark)

    def evaluation(self) -> list[Check]:
        """Outputs in evaluation mode, and the gradients of a random sum of them."""
        for network in (self.ours, self.theirs):
            network.eval().requires_grad_(True)
        tolerance = self.settings.tolerance
        our_inputs, their_inputs = (
            [each.clone().requires_grad_(each.is_floating_point()) for each in self.inputs] for _ in range(2)
        )
        ours, theirs = self.called(self.ours, our_inputs), self.called(self.theirs, their_inputs)
        outputs = compare_outputs("outputs", ours, theirs, tolerance)
        pairs = pair_outputs(ours, theirs, tolerance)
        if pairs is None or any(a.squeeze().shape != b.squeeze().shape for _, a, b in pairs):
            return [outputs]
        self.differentiate(pairs)
        mine = dict(self.ours.named_parameters(remove_duplicate=False))
        other = dict(self.theirs.named_parameters(remove_duplicate=False))
        gradients = [
            (here, mine[here].grad, other[there].grad)
            for here, there in self.matching.pairs.items()
            if here in mine and there in other
        ]
        names = self.analysis.graph.inputs
        gradients += [(n, a.grad, b.grad) for n, a, b in zip(names, our_inputs, their_inputs, strict=True)]
        found = compare("gradients", gradients, tolerance)
        for network in (self.ours, self.theirs):
            network.zero_grad()
        return [outputs, found]

    def differentiate(self, pairs: list[Pair]) -> None:
        """Differentiate the sum of all outputs, each element with a random weight, the same in both networks."""
        generator = torch.Generator().manual_seed(self.settings.seed + 1)
        directions = [torch.randn(a.shape, generator=generator) for _, a, _ in pairs]
        for outputs in ([a for _, a, _ in pairs], [b for _, _, b in pairs]):
            moving = [(out, way) for out, way in zip(outputs, directions, strict=True) if out.requires_grad]
            if moving:
                ways = [way.to(out.dtype).reshape(out.shape) for out, way in moving]
                torch.autograd.backward([out for out, _ in moving], ways)

    def training(self) -> list[Check]:
        """Outputs in training mode, what draws at random left out, and the statistics that it moves."""
        results, faults = [], []
        for network in (self.ours, self.theirs):
            network.train()
            for module in filter(_without_tensors, network.modules()):
                module.eval()  # dropout and its kin; other layers without tensors have one mode
            try:
                with torch.no_grad():
                    results.append(self.called(network))
            except (ValueError, NetspecError) as error:  # batch normalisation needs more than one value
                faults.append(f"a step fails in {'the spec' if network is self.ours else 'the reference'}: {error}")
        if faults:
            status: result.Status = "unknown" if len(faults) == 2 else "different"
            return [Check("training outputs", status, remark=faults[0])]
        tolerance = self.settings.tolerance
        outputs = compare_outputs("training outputs", results[0], results[1], tolerance)
        mine, other = self.ours.state_dict(), self.theirs.state_dict()
        moved = [
            (here, mine[here], other[there])
            for here, there in self.matching.pairs.items()
            if here.rpartition(".")[2] in STATISTICS
        ]
        return [outputs, *([compare("running statistics", moved, tolerance)] if moved else [])]

    def called(self, network: nn.Module, inputs: list[Tensor] | None = None) -> Any:
        """What a network gives for the random inputs; what it draws is drawn alike."""
        torch.manual_seed(self.settings.seed)
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

    def share_weights(self) -> None:
        """Give both networks the same weights: those of the spec's network if it is trained, else random ones."""
        if not self.settings.trained:
            fill(self.theirs, self.settings.seed)
        ours, theirs = self.ours.state_dict(), self.theirs.state_dict()
        with torch.no_grad():
            for here, there in self.matching.pairs.items():
                if self.settings.trained:
                    theirs[there].copy_(ours[here].reshape(theirs[there].shape))
                else:
                    ours[here].copy_(theirs[there].reshape(ours[here].shape))

    def unlike(self) -> Iterable[result.Tensor]:
        """Tensors without a counterpart of their shape."""
        ours, theirs = (dict(shapes) for shapes in self.shapes())
        for here in ours:
            there = self.matching.pairs.get(here)
            if there is None:
                yield result.Tensor(here, None, ours[here], None)
            elif not fits(ours[here], theirs[there]):
                yield result.Tensor(here, there, ours[here], theirs[there])
        for there in (*self.matching.unknown, *self.matching.clashes):
            yield result.Tensor(None, there, None, theirs[there])

    def comparable(self, tensors: tuple[result.Tensor, ...]) -> bool:
        """Whether every parameter has its counterpart; a buffer may be one's own."""
        ours = {name for name, _ in self.ours.named_parameters(remove_duplicate=False)}
        theirs = {name for name, _ in self.theirs.named_parameters(remove_duplicate=False)}
        return not any(
            each.ours in ours or each.theirs in theirs or (each.our_shape and each.their_shape) for each in tensors
        )

    def shapes(self) -> tuple[list[tuple[str, tuple[int, ...]]], list[tuple[str, tuple[int, ...]]]]:
        """Names and shapes of all tensors, ours and the reference's."""
        ours = [(name, tuple(tensor.shape)) for name, tensor in self.our_state.items()]
        return ours, [(name, tuple(tensor.shape)) for name, tensor in self.their_state.items()]

    def spans(self) -> Mapping[str, Span | None]:
        """Where the spec makes each module."""
        return {node.path: node.span for node in self.analysis.graph.nodes.values() if not node.reuses}


def _without_tensors(module: nn.Module) -> bool:
    return not any(True for _ in (*module.children(), *module.parameters(), *module.buffers()))


def _figures(name: str, ours: int | None, theirs: int) -> Check:
    if ours is None:
        return Check(name, "unknown", ours, theirs)
    return Check(name, "equal" if ours == theirs else "different", ours, theirs)
