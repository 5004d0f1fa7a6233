"""What the rounds of a repeat hand on to the next, what all of them take alike, and what is gathered of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netspec.diagnostics import Code, unknown
from netspec.diagnostics.number_of import number_of
from netspec.frontend.context import Bound, Context, Flow
from netspec.frontend.entries import Entry
from netspec.frontend.problems import Told
from netspec.graph import Value
from netspec.objects.immutable import immutable

if TYPE_CHECKING:
    from netspec.frontend.elaborate import Elaborator


@immutable
class Carried:
    """The inputs of a repeated entry that the results of the round before feed; the others stay.

    Attributes:
        held: The inputs of the first round.
        positions: Positions of the carried ones; None if all results of a round flow into the next.
    """

    held: Flow
    positions: tuple[int, ...] | None

    @property
    def first(self) -> Flow:
        """What the first round takes of what is carried."""
        if self.held is None or self.positions is None:
            return self.held
        return tuple(self.held[at] for at in self.positions if at < len(self.held))

    def given(self, carried: Flow) -> Flow:
        """The inputs of a round."""
        if not self.held or carried is None or self.positions is None:
            return carried
        feeds = dict(zip(self.positions, carried, strict=False))
        return tuple(feeds.get(at, value) for at, value in enumerate(self.held))

    def onward(self, el: Elaborator, entry: Entry, result: Flow) -> Flow:
        """What a round hands on of its results.

        Raises:
            Failed: It has too few.
        """
        if result is None or self.positions is None:
            return result
        number = len(self.positions)
        if len(result) < number:
            raise el.report.failure(
                Code.BAD_TARGETS,
                f"`carry` feeds {number_of(number, 'input')}, but a round of `{entry.operation}` gives {len(result)}",
                (*entry.path, "carry"),
                found=f"{number_of(number, 'carried input')}, {number_of(len(result), 'result')}",
                expected="a result for each carried input, in their order",
                help=f"let `outputs` of `{entry.operation}` name {number} entries, the next states first",
            )
        return result[:number]


def carried(el: Elaborator, entry: Entry, context: Context, flow: Flow) -> Carried:
    """What a repeat carries: the block's inputs that `carry` names, else the first.

    Raises:
        Failed: `carry` names no inputs of a block.
    """
    names = entry.common.carry
    if names is None:
        return Carried(flow, None if entry.operation == "parallel" else (0,))
    place = (*entry.path, "carry")
    block = el.document.blocks.get(entry.operation)
    if block is None:
        raise el.report.failure(
            Code.CONFLICTING_KEYS,
            f"`{entry.operation}` has no inputs by name for `carry`",
            place,
            key=True,
            expected="a block with `inputs`",
            help="without `carry`, the first input is fed by the round before, and the others stay",
            related=context.calls,
        )
    for index, name in enumerate(names):
        here = (*place, index) if el.report.places.has((*place, index)) else place
        if name not in block.inputs:
            fact = unknown(name, block.inputs, listed=block.inputs)
            message = f"the block `{block.name}` has no input `{name}`"
            raise el.report.failure(Code.UNKNOWN_REFERENCE, message, here, fact=fact, related=context.calls)
        if name in names[:index]:
            expected = "each carried input once, in the order of the results that feed them"
            told = Told(expected=expected, help="leave the second out", related=context.calls)
            raise el.report.failure(Code.BAD_TARGETS, f"`carry` names `{name}` twice", here, **told)
    return Carried(flow, tuple(block.inputs.index(name) for name in names))


class Gathered:
    """The outputs of all rounds, by the names of `collect`: the results that are not carried, else the first.

    Args:
        entry: The entry.
        carried: What it carries.
    """

    def __init__(self, entry: Entry, carried: Carried) -> None:
        self.entry = entry
        self.after = len(carried.positions or ())
        self.values: dict[str, list[Value]] = {name: [] for name in entry.common.collect or ()}

    def add(self, el: Elaborator, result: Flow) -> None:
        """Gather the results of a round.

        Raises:
            Failed: There are fewer than names.
        """
        if result is None or not self.values:
            return
        own = result[self.after :] or result[:1]
        if len(self.values) > len(own):
            raise el.report.failure(
                Code.BAD_TARGETS,
                f"`collect` names {number_of(len(self.values), 'result')}, "
                f"but a round of `{self.entry.operation}` gives {len(own)}",
                (*self.entry.path, "collect"),
                help="a result that is carried on is gathered only where there is no other",
            )
        for values, value in zip(self.values.values(), own, strict=False):
            values.append(value)

    def bind(self, el: Elaborator, context: Context, flow: Flow) -> None:
        """Bind the names, for the entries after the repeat, which may take these alone: what flows out is set aside."""
        if self.values:
            el.used.update(value.key for value in flow or ())
        for name, values in self.values.items():
            context.names.bind(name, Bound(None if flow is None else tuple(values)))
