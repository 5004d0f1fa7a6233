"""What became of each tensor when weights were loaded, as plain data. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Literal, get_args

from netspec.objects.immutable import immutable

State = Literal["loaded", "tied", "kept", "fresh", "left out", "missing", "unknown", "mismatched"]
"""`tied`: loaded under the other name of the same tensor; `kept`: the counter of batches that older files lack;
`fresh`: begins anew because it was told to; `left out`: by a rule of the spec, or because its place begins anew;
`missing` in the file; `unknown` to the network; `mismatched`: of another shape."""

_FITTING = ("loaded", "tied", "kept", "fresh", "left out")


@immutable
class Outcome:
    """One tensor: its name in the network and in the file, None where it is not there, and why it came out so."""

    name: str | None
    original: str | None
    state: State
    reason: str | None = None

    @property
    def fits(self) -> bool:
        """Whether nothing is wrong with it."""
        return self.state in _FITTING

    @property
    def tensor(self) -> str:
        """What the tensor is called, in the network or else in the file."""
        return self.name or self.original or ""

    @property
    def phrase(self) -> str:
        """What is wrong with it."""
        if self.state == "missing":
            return f"`{self.name}` is missing"
        if self.state == "unknown":
            return f"`{self.original}` is not in the network"
        return f"`{self.name}` {self.reason}"


@immutable
class LoadReport:
    """Weights loaded into a network.

    Attributes:
        source: Where they are from.
        names: Whose names were read by the spec's rules, None where they are the network's own.
        notes: What was done to read them, a sentence each.
        tensors: Every tensor of the network, then what else the file holds.
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
        """The tensors that came out so."""
        return (each for each in self.tensors if each.state in states)

    def as_dict(self) -> dict[str, Any]:
        """Everything as plain data."""
        return {"complete": self.complete, **asdict(self)}

    def __str__(self) -> str:
        """The counts in a line, then what did not fit, a line each."""
        counts = {state: sum(1 for _ in self.of(state)) for state in get_args(State)}
        told = ", ".join(f"{number:,} {state}" for state, number in counts.items() if number)
        misfits = [f"\n  {each.phrase}" for each in self.tensors if not each.fits]
        return f"weights of {self.source}: {told or 'no tensors'}{''.join(misfits)}"
