"""Comparison of a network with a reference: the same weights, the same inputs, and every quantity that can differ."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from netspec.analysis import Analysis
from netspec.diagnostics import Code, NetspecError, Span
from netspec.frontend.weights import Weights
from netspec.interop import result
from netspec.interop.assembling import assembled, put_back
from netspec.interop.bench import Bench
from netspec.interop.loading import shapes_of
from netspec.interop.matching import match, same_order, suggest
from netspec.interop.modules import Apart, module_pairs, pairs_in_order, settings_apart, settings_check
from netspec.interop.origins import Origin, Unfit, assemblies, assembly
from netspec.interop.parting import find_parting
from netspec.interop.randomness import fill
from netspec.interop.result import Check, Parting, Verification
from netspec.interop.tracing import operations_check
from netspec.interop.training_mode import compare_training
from netspec.interop.work import count_work, counted_otherwise
from netspec.objects.immutable import immutable
from netspec.shape import Shape


@immutable
class Subject:
    """The spec's network: its module, its analysis for the same inputs, and the spec's rules for weights."""

    module: nn.Module
    analysis: Analysis
    weights: Weights


@immutable
class Settings:
    """Settings of a comparison.

    Attributes:
        seed: Seed of weights and inputs.
        batch: Examples in the input.
        tolerance: Relative difference up to which tensors are close.
        trained: Whether the spec's network has the weights to compare with; else they are drawn.

    Raises:
        NetspecError: NS0207: the tolerance is not a valid number.
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
        reference: The other network.
        against: The reference, as the user named it.
        settings: The settings of the comparison.

    Raises:
        NetspecError: NS0605: a rule of the spec's section `weights` has no value. NS0908: the reference fails.
    """
    return Comparison(subject, reference, against, settings).run()


class Comparison:
    """One running comparison."""

    def __init__(self, subject: Subject, reference: nn.Module, against: str, settings: Settings) -> None:
        self.ours, self.theirs, self.against, self.settings = subject.module, reference, against, settings
        self.analysis, self.weights = subject.analysis, subject.weights
        self.bench = Bench(
            subject.module,
            reference,
            subject.analysis.graph,
            against=against,
            seed=settings.seed,
            batch=settings.batch,
        )
        if any(is_lazy(tensor) for tensor in (*reference.parameters(), *reference.buffers())):
            with torch.no_grad():
                self.bench.called(reference)  # lazy modules take their shapes from their inputs
        self.our_shapes, self.their_shapes = shapes_of(subject.module.state_dict()), shapes_of(reference.state_dict())
        self.matching = match(tuple(self.our_shapes), tuple(self.their_shapes), self.weights, against)
        self.made = assemblies(self.matching.pairs, self.our_shapes, self.their_shapes)

    def run(self) -> Verification:
        """All checks. Numbers are compared where every parameter has its counterpart."""
        tensors = tuple(self.unlike())
        checks = [self.parameters(), self.macs(), self.mapping(tensors)]
        apart: Apart = {}
        parting = None
        if self.comparable(tensors):
            compared, apart, parting = self.numbers()
            checks += compared
        rules = suggest(self.our_shapes, self.their_shapes) if self.matching.missing or self.matching.unknown else {}
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

    def numbers(self) -> tuple[list[Check], Apart, Parting | None]:
        """Checks of both modes under the same weights, of torch's operations, and of the modules' settings."""
        self.share_weights()
        tolerance, tensors = self.settings.tolerance, self.made
        pairs = module_pairs(self.matching.alone, self.ours, self.theirs)
        for network in (self.ours, self.theirs):
            network.eval()
        evaluated = self.bench.passed("", tensors, tolerance)
        checks, parting = evaluated.checks, None
        status = evaluated.outputs.status
        if status in ("different", "close"):
            threshold = tolerance if status == "different" else 0.0
            parting = find_parting(pairs, self.ours, self.theirs, self.bench.called, self.spans(), threshold)
        equal = all(check.status == "equal" for check in checks)
        trained = compare_training(self.bench, tensors, tolerance, equal)
        checks += trained.checks
        passes = [evaluated, *([trained.last] if trained.last else [])]
        last = passes[-1]
        pairs = pairs_in_order(pairs, self.ours, self.theirs, last.ours.order, last.theirs.order)
        apart = settings_apart(pairs, self.ours, self.theirs)
        equal = all(check.status == "equal" for check in checks)
        traces = [(each.ours.operations, each.theirs.operations) for each in passes]
        operations = operations_check(traces, rounded=not equal)
        modules = {path: (self.ours.get_submodule(path), self.theirs.get_submodule(pairs[path])) for path in apart}
        return [*checks, operations, settings_check(modules, operations.status == "equal", equal)], apart, parting

    def parameters(self) -> Check:
        """The number of learned scalars; shared ones count once."""
        ours = self.analysis.weights.total.params
        theirs = sum(parameter.numel() for parameter in self.theirs.parameters())
        return _figures("parameters", ours, theirs)

    def macs(self) -> Check:
        """The spec's figure, and half the operations that torch counts on the meta device.

        They cannot be compared where torch counts another number for a layer's module than the layer's definition.
        """
        ours = self.analysis.work.total
        try:
            theirs = count_work(self.theirs, self.analysis.graph).total
        except Exception as error:  # any failure of a network on the meta device
            reason = f"{type(error).__name__}: {str(error)[:200]}"
            return Check("MACs", "unknown", ours, remark=f"torch cannot count the reference's: {reason}")
        otherwise = () if ours in (None, theirs) else counted_otherwise(self.ours, self.analysis, theirs)
        if not otherwise:
            return _figures("MACs", ours, theirs)
        layers = ", ".join(f"{each.counted:,} for {each.defined:,} in `{each.path}`" for each in otherwise)
        remark = f"torch counts otherwise than the layers' definitions: {layers}"
        return Check("MACs", "unknown", ours, theirs, where=otherwise[0].path, remark=remark)

    def mapping(self, tensors: tuple[result.TensorComparison, ...]) -> Check:
        """Names, shapes and, where names are the network's own, their order."""
        ours, theirs = f"{len(self.our_shapes)}", f"{len(self.their_shapes)}"
        if tensors:
            first = tensors[0]
            where = first.ours or first.theirs
            return Check(
                "tensors", "different", ours, theirs, where=where, remark=f"{len(tensors)} without a counterpart, first"
            )
        moved = same_order(self.matching, self.our_shapes, self.their_shapes)
        if moved is not None:
            return Check("tensors", "equal", ours, theirs, where=moved, remark="in another order, first")
        remark = f"{len(self.matching.left_out)} left out by a rule" if self.matching.left_out else None
        return Check("tensors", "equal", ours, theirs, remark=remark)

    def share_weights(self) -> None:
        """Give both networks the same weights: those of the spec's network if it is trained, else random ones."""
        if not self.settings.trained:
            fill(self.theirs, self.settings.seed)
        ours, theirs = self.ours.state_dict(), self.theirs.state_dict()
        with torch.no_grad():
            for here, made in self.made.items():
                if self.settings.trained:
                    put_back(made, ours[here], theirs)
                else:
                    ours[here].copy_(assembled(made, theirs, ours[here]))

    def unlike(self) -> Iterable[result.TensorComparison]:
        """Tensors without a counterpart of their shape."""
        ours, theirs = self.our_shapes, self.their_shapes
        for here in ours:
            origin = self.matching.pairs.get(here)
            if origin is None:
                yield result.TensorComparison(here, None, ours[here], None)
            elif here not in self.made:
                yield result.TensorComparison(here, str(origin), ours[here], self.given(origin))
        torn = [there for parts, _ in self.matching.torn.values() for there in parts]
        for there in (*self.matching.unknown, *self.matching.clashes, *torn):
            yield result.TensorComparison(None, there, None, theirs[there])

    def given(self, origin: Origin) -> Shape:
        """The shape that a tensor of ours would get; that of the reference's first one where it cannot be made."""
        try:
            return assembly(origin, self.our_shapes, self.their_shapes).shape
        except Unfit:
            return self.their_shapes[origin.parts[0]]

    def comparable(self, tensors: tuple[result.TensorComparison, ...]) -> bool:
        """Whether every parameter has its counterpart; a buffer may have none."""
        ours = {name for name, _ in self.ours.named_parameters(remove_duplicate=False)}
        theirs = {name for name, _ in self.theirs.named_parameters(remove_duplicate=False)}
        return not any(
            each.ours in ours or each.theirs in theirs or (each.our_shape and each.their_shape) for each in tensors
        )

    def spans(self) -> Mapping[str, Span | None]:
        """Places of the modules in the spec."""
        return {node.path: node.span for node in self.analysis.graph.nodes.values() if not node.reuses}


def _figures(name: str, ours: int | None, theirs: int) -> Check:
    if ours is None:
        return Check(name, "unknown", ours, theirs)
    return Check(name, "equal" if ours == theirs else "different", ours, theirs)
