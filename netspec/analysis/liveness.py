"""Peak memory: storages live from the operation that makes them to the last that reads them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from netspec.autograd import Operation, Storage, TapeTensor


def forward_peak(
    operations: Sequence[Operation], held: Collection[TapeTensor], arguments: Mapping[Storage, int]
) -> int:
    """The most bytes of live values in a forward pass that keeps nothing for backward.

    A value lives from the operation that makes it to the last that reads it, `arguments` to the operation given for
    them; `held`, the network's inputs and outputs and autocast's casts of weights, to the end. Local variables of a
    module may hold further values.
    """
    last = _last_uses(operations)
    last |= {storage: max(number, last.get(storage, 0)) for storage, number in arguments.items()}
    freed: dict[int, int] = {}
    stays = {each.storage for each in held}
    for storage, number in last.items():
        if storage.kind == "value" and storage not in stays:
            freed[number] = freed.get(number, 0) + storage.bytes
    peak = live = sum(storage.bytes for storage in stays if storage.kind == "input")
    made: set[Storage] = set()
    for number, operation in enumerate(operations):
        storage = operation.output.storage
        live += 0 if storage in made else storage.bytes  # an operation in place makes none
        made.add(storage)
        peak = max(peak, live + operation.scratch)
        live -= freed.get(number, 0)
    return peak


def training_peak(
    operations: Sequence[Operation], held: Collection[TapeTensor], casts: Collection[TapeTensor] = ()
) -> int:
    """The most bytes of live values and gradients in a forward pass and its backward pass.

    A kept storage lives until the backward step of the first operation that keeps it. The gradient of a value lives
    from the backward step of its last reader to that of its maker, the gradient of a parameter from its first use to
    the end. `casts` of parameters live to the end of the forward pass at least. The working memory of kernels is
    unknown and left out.
    """
    kept: dict[Storage, int] = {}
    for number, operation in enumerate(operations):
        for storage in operation.kept:
            kept.setdefault(storage, number)
    held_there = {each.storage for each in held}
    live = sum(storage.bytes for storage in held_there if storage.kind == "input")
    stays = held_there | kept.keys()
    remembered = {each.storage for each in casts} - stays
    forward, live = _forward(operations, live, stays | remembered)
    live -= sum(storage.bytes for storage in remembered)
    return max(forward, _backward(operations, live, kept, held_there))


def _forward(operations: Sequence[Operation], live: int, stays: Collection[Storage]) -> tuple[int, int]:
    """The peak of the forward pass, and the bytes left after it."""
    last = _last_uses(operations)
    made: set[Storage] = set()
    peak = live
    for number, operation in enumerate(operations):
        fresh = {operation.output.storage, *(s for s in operation.kept if s.kind == "value")} - made
        made |= fresh
        live += sum(storage.bytes for storage in fresh)
        peak = max(peak, live + operation.scratch)
        live -= sum(s.bytes for s in _done(operation, number, last) if s not in stays)
    return peak, live


def _backward(
    operations: Sequence[Operation], live: int, kept: Mapping[Storage, int], held: Collection[Storage]
) -> int:
    """The peak of the backward pass; `kept` gives the operation whose backward step is the last to read a storage."""
    gradients: set[Storage] = set()
    peak = live
    for number in range(len(operations) - 1, -1, -1):
        operation = operations[number]
        if not operation.output.needs_grad:
            continue
        asked = {x.storage for x in operation.inputs if x.needs_grad}
        # A second gradient of one value has its own storage until it is added to the first.
        again = max((storage.bytes for storage in asked & gradients), default=0)
        live += sum(storage.bytes for storage in asked - gradients)
        gradients |= asked
        peak = max(peak, live + again + operation.scratch)
        made = operation.output.storage
        if made in gradients - asked:  # an operation in place passes it on
            gradients.discard(made)
            live -= made.bytes
        live -= sum(s.bytes for s in set(operation.kept) if s.kind == "value" and kept[s] == number and s not in held)
    return peak


def _last_uses(operations: Sequence[Operation]) -> dict[Storage, int]:
    """The number of the last operation that reads a storage; for an unread storage, of the one that makes it."""
    found: dict[Storage, int] = {}
    for number, operation in enumerate(operations):
        found[operation.output.storage] = number
        found |= {each.storage: number for each in operation.inputs}
    return found


def _done(operation: Operation, number: int, last: Mapping[Storage, int]) -> set[Storage]:
    """Values that are not read after operation `number`."""
    here = {each.storage for each in (*operation.inputs, operation.output) if each.storage.kind == "value"}
    return {storage for storage in here if last[storage] == number}
