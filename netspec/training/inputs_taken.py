"""The inputs that a network takes, held against those that data give. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from netspec.analysis.lengths import longest_sequences
from netspec.detectors.base import THIN
from netspec.diagnostics import Code, Diagnostic, NetspecError
from netspec.diagnostics.styled import printable
from netspec.functional.data.boxed import Boxed
from netspec.functional.fields import Field, Slot
from netspec.graph import Detection, Graph
from netspec.recipe.tasks import Problem, axes

_SHOWN = 10
"""The most images that are named."""


def slots_of(graph: Graph) -> tuple[Slot, ...]:
    """The inputs of a network in its order; of whole numbers with the bounds that tables and sequences set."""
    longest = longest_sequences(graph)
    return tuple(
        Slot(
            name,
            tuple(taken.shape),
            not taken.dtype.startswith("float"),
            min(_below(graph, name, longest), default=None),
            least=int(name in longest),
        )
        for name, taken in graph.inputs.items()
    )


def _below(graph: Graph, name: str, longest: Mapping[str, int]) -> Iterator[int]:
    """What the numbers of an input are below: the rows of each table that has them, the longest sequence and one."""
    if name in longest:
        yield longest[name] + 1
    for node in graph.nodes.values():
        if node.layer.index_bound is not None and any(value.key == name for value in node.inputs):
            yield node.layer.index_bound


def field_misfits(slots: Sequence[Slot], fields: Sequence[Field], data: str) -> Iterator[Problem]:
    """The reasons why a network cannot take packed examples."""
    given = {field.name: field for field in fields}
    for slot in slots:
        field = given.get(slot.name)
        if field is None:
            yield f"{data} gives no `{slot.name}`, which the network takes", "name it under `inputs` at `data`"
        elif field.shape != slot.shape:
            text = f"{data} gives {axes(field.shape)} for `{slot.name}`, the network takes {axes(slot.shape)}"
            write = f"input: {list(field.shape)}" if len(slots) == 1 else f"{slot.name}: {list(field.shape)}"
            yield text, f"write `{write}`, or choose other columns"


def token_misfits(slots: Sequence[Slot], window: tuple[int, ...], tokens: int, data: str) -> Iterator[Problem]:
    """The reasons why a network cannot take windows of so many different tokens."""
    taken = slots[0]
    if taken.shape != window:
        text = f"{data} gives windows of {axes(window)}, the network takes {axes(taken.shape)}"
        yield text, f"write `input: {{shape: {axes(window)}, dtype: int64}}`, or another `length` at `data`"
    elif not taken.whole:
        text = f"{data} gives tokens, which are whole numbers, and the network takes float32"
        yield text, f"write `input: {{shape: {axes(window)}, dtype: int64}}`, and an `embedding` first"
    elif taken.below is not None and taken.below < tokens:
        text = f"{data} has {tokens:,} tokens, and the network's table {taken.below:,}"
        yield text, f"write `embedding: {tokens}`"


def check_sizes(detection: Detection | None, parts: Iterable[Boxed]) -> None:
    """Make sure that a detector can take all images: of a very thin one no pixel would be left at the size it needs.

    Args:
        detection: The detector; None of other networks, whose images are of one size.
        parts: The images.

    Raises:
        NetspecError: NS0804: it cannot take some, which are named.
    """
    if detection is None:
        return
    untaken = detection.kind.untaken
    found = [
        (part.name(row), reason) for part in parts for row in range(len(part)) if (reason := untaken(*part.size(row)))
    ]
    problems = [
        Diagnostic(Code.DATA_MISMATCH, printable(f"{name}: {reason}"), help=THIN) for name, reason in found[:_SHOWN]
    ]
    if more := len(found) - len(problems):
        problems.append(Diagnostic(Code.DATA_MISMATCH, f"{more:,} more {'is' if more == 1 else 'are'} as thin"))
    if problems:
        raise NetspecError(problems)
