"""The result of a comparison with a reference, as plain data. Imports no torch."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

from netspec.diagnostics import Span
from netspec.objects.immutable import immutable
from netspec.shape import Shape

Status = Literal["equal", "close", "different", "unknown"]
"""`equal`: to the last bit; `close`: within the tolerance; `unknown`: not comparable."""


@immutable
class Check:
    """One comparison.

    Attributes:
        name: The compared quantity.
        status: The outcome.
        ours: The figure of the spec's network, in words where it is no number.
        theirs: The reference's.
        absolute: The largest difference of two elements.
        relative: The largest difference of two tensors, ``|a - b| / |b|`` by their Euclidean norms.
        where: The first tensor that differs, or of close ones that with the largest difference.
        remark: Further explanation.
    """

    name: str
    status: Status
    ours: int | str | None = None
    theirs: int | str | None = None
    absolute: float | None = None
    relative: float | None = None
    where: str | None = None
    remark: str | None = None


@immutable
class TensorComparison:
    """A tensor without a counterpart: its names and shapes, ours and the reference's, None where it is not there."""

    ours: str | None
    theirs: str | None
    our_shape: Shape | None
    their_shape: Shape | None


@immutable
class Parting:
    """The first module whose outputs differ.

    Attributes:
        module: Its path in the spec's network.
        fed_alike: Whether its inputs are still equal: then the difference arises in it, else before.
        after: The module before it in both networks, None where it is the first.
        ours: The module, with its settings.
        theirs: The reference's module.
        relative: The relative difference of the outputs.
        span: The place in the spec that makes it.
    """

    module: str
    fed_alike: bool
    after: str | None
    ours: str
    theirs: str
    relative: float
    span: Span | None = None


@immutable
class Verification:
    """A network beside its reference.

    Attributes:
        name: The network's.
        against: The reference, as the user named it.
        checks: The comparisons, in order.
        names: The original whose names the section `weights` reads, None where they are the network's own.
        tensors: Tensors without a counterpart.
        settings: Modules of both whose settings differ or are written differently, by path: ours and theirs.
        parting: The first difference of outputs, None where there is none.
        rules: A proposal for the spec's section `weights`, where the names differ and the shapes agree in order.
        seed: Seed of weights and inputs.
        batch: Examples in the input.
        tolerance: Relative difference up to which tensors are close.
    """

    name: str
    against: str
    checks: tuple[Check, ...]
    names: str | None
    tensors: tuple[TensorComparison, ...]
    settings: dict[str, tuple[str, str]]
    parting: Parting | None
    rules: dict[str, str]
    seed: int
    batch: int
    tolerance: float

    def __repr__(self) -> str:
        return f"<Verification of {self.name} against {self.against}: {'they agree' if self.agrees else 'they differ'}>"

    @property
    def agrees(self) -> bool:
        """Whether no difference exceeds the tolerance, and outputs and gradients could be compared."""
        return all(check.status != "different" for check in self.checks) and not self.unproven

    @property
    def unproven(self) -> tuple[str, ...]:
        """Essential checks that could not be made; without them the networks are not proven equal."""
        made = {check.name for check in self.checks if check.status != "unknown"}
        return tuple(name for name in ("outputs", "gradients") if name not in made)

    def __getitem__(self, name: str) -> Check:
        """The check with that name.

        Raises:
            KeyError: It was not made.
        """
        for check in self.checks:
            if check.name == name:
                return check
        raise KeyError(name)

    def as_dict(self) -> dict[str, Any]:
        """Everything as plain data, for ``--format json``."""
        return {"agrees": self.agrees, **asdict(self)}
