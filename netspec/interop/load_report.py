"""The outcome of each tensor when weights are loaded, as plain data. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Literal, get_args

from netspec.objects.immutable import immutable

State = Literal["loaded", "tied", "kept", "fresh", "left out", "missing", "unknown", "mismatched"]
"""`tied`: loaded under the other name of the same tensor; `kept`: the counter of batches that older files lack;
`fresh`: starts with new values on request; `left out`: by a rule of the spec, or because its place starts with
new values; `missing` in the file; `unknown` to the network; `mismatched`: of another shape."""

_FITTING = ("loaded", "tied", "kept", "fresh", "left out")


@immutable
class Outcome:
    """One tensor: its name in the network and in the file, None where it is missing, and the reason for its state."""

    name: str | None
    original: str | None
    state: State
    reason: str | None = None

    @property
    def fits(self) -> bool:
        """Whether the tensor has no fault."""
        return self.state in _FITTING

    @property
    def tensor(self) -> str:
        """The tensor's name in the network, or else in the file."""
        return self.name or self.original or ""

    @property
    def phrase(self) -> str:
        """The tensor's fault, in words."""
        if self.state == "missing":
            return f"`{self.name}` is missing"
        if self.state == "unknown":
            return f"`{self.original}` is not in the network"
        return f"`{self.name}` {self.reason}"


@immutable
class LoadReport:
    """Weights loaded into a network.

    Attributes:
        source: The file or the collection of the weights.
        names: The original whose names the spec's rules read, None where they are the network's own.
        notes: Steps taken to read them, a sentence each.
        tensors: Every tensor of the network, then the rest of the file's tensors.
        rules: A proposal for the spec's section `weights`, where names differ and shapes agree in order.
    """

    source: str
    names: str | None
    notes: tuple[str, ...]
    tensors: tuple[Outcome, ...]
    rules: dict[str, str]

    @property
    def complete(self) -> bool:
        """Whether every tensor of the network was loaded and none of the file was skipped but by a rule."""
        return all(each.fits for each in self.tensors)

    def of(self, *states: State) -> Iterator[Outcome]:
        """The tensors with this state."""
        return (each for each in self.tensors if each.state in states)

    def as_dict(self) -> dict[str, Any]:
        """Everything as plain data."""
        return {"complete": self.complete, **asdict(self)}

    def __repr__(self) -> str:
        return f"<LoadReport of {self.source}: {'complete' if self.complete else 'not complete'}>"

    def __str__(self) -> str:
        """The counts in a line, then the misfits, a line each."""
        counts = {state: sum(1 for _ in self.of(state)) for state in get_args(State)}
        told = ", ".join(f"{number:,} {state}" for state, number in counts.items() if number)
        misfits = [f"\n  {each.phrase}" for each in self.tensors if not each.fits]
        return f"weights of {self.source}: {told or 'no tensors'}{''.join(misfits)}"
