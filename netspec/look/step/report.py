"""A training step as a document: forward, the loss, backward, the update."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from torch import Tensor

from netspec.look.step.calls import Call
from netspec.look.step.doing import Step
from netspec.look.step.updates import Update
from netspec.look.step.values import weight_letter
from netspec.look.step.worked import Worked, figures, latex
from netspec.report import document as doc
from netspec.report.sheet import Sheet
from netspec.shape import spell


def step_document(done: Step) -> doc.Document:
    """The step, told."""

    def parts() -> Iterator[doc.Part]:
        yield doc.Caption(done.name, "Model", f"  step {done.number} of training")
        yield doc.Totals(doc.columns(("Step", "")), list(map(doc.Row, _facts(done))))
        for call in done.calls:
            yield doc.Gap()
            yield doc.Section(f"Forward: {_title(call)}")
            yield doc.Definitions(list(_forward(done, call)))
        yield doc.Gap()
        yield doc.Section(f"Loss: {done.judged.loss.key}")
        yield doc.Definitions(list(_loss(done)))
        for call in reversed(done.calls):
            entries = list(_backward(done, call))
            if entries:
                yield doc.Gap()
                yield doc.Section(f"Backward: {call.key}")
                yield doc.Definitions(entries)
        for update in done.updates:
            yield doc.Gap()
            yield doc.Section(f"Update: {update.name}")
            yield doc.Definitions(list(_update(done, update)))
        yield doc.Notes(_notes(done))

    return doc.Document(done.name, parts, lambda: _record(done), lambda: _sheet(done), long=True)


def _facts(done: Step) -> list[tuple[str, str]]:
    n = done.style.number
    count = len(done.inputs)
    facts = [
        ("Examples", f"{count}, {done.source}"),
        ("Loss", f"{n(done.total)} before the step, {n(done.after)} after it"),
        ("Optimizer", f"{done.optimizer}, learning rate {n(done.rate)}"),
    ]
    if done.norm is not None:
        facts.append(("Norm of all gradients", f"{n(done.norm)}, before they are clipped"))
    apart = max(done.apart, done.difference)
    told = "less than 1e-12" if apart < 1e-12 else f"{apart:.0e} at most"
    return [*facts, ("Against torch", f"{told} apart, in {len(done.worked)} numbers worked out and in all gradients")]


def _title(call: Call) -> str:
    shapes = ", ".join(map(spell, call.shapes))
    made = ", ".join(spell(each.shape[1:]) for each in call.made)
    return f"{call.key} ({call.type}), {f'{shapes} -> ' if shapes else ''}{made}"


def _forward(done: Step, call: Call) -> Iterator[doc.Entry]:
    for at, (source, given) in enumerate(zip(call.sources, call.given, strict=True)):
        name = "a" if len(call.given) == 1 else f"a{at + 1}"
        yield doc.Entry(name, _tensor(done, given), f"from {source[0]}")
    for name, weight in call.held.items():
        yield doc.Entry(weight_letter(call, name), done.style.tensor(weight), name or None)
    for at, made in enumerate(call.made):
        yield doc.Entry("y" if len(call.made) == 1 else f"y{at + 1}", _tensor(done, made))
    yield from map(_entry(done), done.values[call.key])


def _loss(done: Step) -> Iterator[doc.Entry]:
    judged = done.judged
    yield doc.Entry("z", _tensor(done, judged.outputs), "the network's output")
    yield doc.Entry("t", _tensor(done, judged.targets), "the target")
    if judged.loss.key == "cross_entropy" and judged.of_classes:
        yield doc.Entry("p", _tensor(done, judged.outputs.softmax(1)), "softmax of z")
    if not any(each.name == "L" for each in done.losses):
        yield doc.Entry("L", done.style.number(judged.value))
    yield from map(_entry(done), (each for each in done.losses if not each.name.startswith("dL")))
    yield doc.Entry("dL/dz", _tensor(done, judged.gradient))
    yield from map(_entry(done), (each for each in done.losses if each.name.startswith("dL")))
    for name, value in done.sides.items():
        yield doc.Entry(name, done.style.number(value), "the loss of a side output, which is weighed and added")


def _backward(done: Step, call: Call) -> Iterator[doc.Entry]:
    """What arrives, and what becomes of it; nothing of a call through which no gradient flows."""
    if all(each is None for each in call.arrived):
        return
    for at, arrived in enumerate(call.arrived):
        if arrived is not None:
            yield doc.Entry("dL/dy" if len(call.made) == 1 else f"dL/dy{at + 1}", _tensor(done, arrived))
    for name, gradient in call.learned.items():
        yield doc.Entry(f"dL/d{weight_letter(call, name)}", done.style.tensor(gradient), name or None)
    for at, passed in enumerate(call.passed):
        if passed is not None and call.sources[at][0] in {each.key for each in done.calls}:
            letter = "a" if len(call.given) == 1 else f"a{at + 1}"
            yield doc.Entry(f"dL/d{letter}", _tensor(done, passed), f"to {call.sources[at][0]}")
    yield from map(_entry(done), done.gradients[call.key])


def _update(done: Step, update: Update) -> Iterator[doc.Entry]:
    yield doc.Entry("w", done.style.tensor(update.before), "before")
    yield doc.Entry("g", done.style.tensor(update.gradient), "the gradient")
    yield doc.Entry("w'", done.style.tensor(update.after), "after")
    yield from map(_entry(done), done.changes[update.name])


def _tensor(done: Step, tensor: Tensor) -> str:
    """A tensor of all examples as text; with one example, that one alone."""
    return done.style.tensor(tensor[0] if len(done.inputs) == 1 else tensor)


def _entry(done: Step) -> Any:
    def made(worked: Worked) -> doc.Entry:
        text = _text(done, worked)
        return doc.Entry(worked.name, doc.Math(text, lambda: latex(text)))

    return made


def _text(done: Step, worked: Worked) -> str:
    value = done.style.number(worked.value)
    numbers = worked.numbers if worked.numbers != value else ""
    return " = ".join(filter(None, (worked.symbols, numbers, value)))


def _notes(done: Step) -> Sequence[str]:
    notes = [
        "a: what a layer takes, y: what it gives; indices count from 0"
        + (", the first is the example." if len(done.inputs) > 1 else "."),
        "Worked out are all numbers of a tensor of up to four, of a larger one that of the largest magnitude.",
        f"Computed in float64, shown with {done.style.digits} digit{'s' * (done.style.digits > 1)}.",
    ]
    if any(each.name.startswith("dL/d") and "dy[i]/d" in each.symbols for each in done.worked):
        notes.append("dy[i]/d... is the derivative of a layer alone; its formula is not told here.")
    untold = sorted({each.name for each in done.updates if not done.changes[each.name]})
    if untold:
        notes.append(f"The formula of {done.optimizer} is not told here.")
    return notes


def _record(done: Step) -> dict[str, Any]:
    keys = {each.key for each in done.calls}
    return {
        "name": done.name,
        "step": done.number,
        "examples": len(done.inputs),
        "source": done.source,
        "loss": {
            "name": done.judged.loss.key,
            "before": done.total,
            "after": done.after,
            "output": _values(done, done.judged.outputs),
            "target": _values(done, done.judged.targets),
            "gradient": _values(done, done.judged.gradient),
            "side_outputs": dict(done.sides),
            "worked": [_worked(each) for each in done.losses],
        },
        "forward": [
            {
                "key": call.key,
                "path": call.path,
                "op": call.layer.op,
                "type": call.type,
                "from": [source[0] for source in call.sources],
                "inputs": [_values(done, each) for each in call.given],
                "weights": {name: _values(done, each) for name, each in call.held.items()},
                "outputs": [_values(done, each) for each in call.made],
                "worked": [_worked(each) for each in done.values[call.key]],
            }
            for call in done.calls
        ],
        "backward": [
            {
                "key": call.key,
                "arrived": [None if each is None else _values(done, each) for each in call.arrived],
                "weights": {name: _values(done, each) for name, each in call.learned.items()},
                "passed": [
                    None if each is None or source[0] not in keys else _values(done, each)
                    for each, source in zip(call.passed, call.sources, strict=True)
                ],
                "worked": [_worked(each) for each in done.gradients[call.key]],
            }
            for call in reversed(done.calls)
        ],
        "optimizer": {"name": done.optimizer, "learning_rate": done.rate, "gradient_norm": done.norm},
        "updates": [
            {
                "name": update.name,
                "before": _values(done, update.before),
                "gradient": _values(done, update.gradient),
                "after": _values(done, update.after),
                "worked": [_worked(each) for each in done.changes[update.name]],
            }
            for update in done.updates
        ],
        "largest_difference": max(done.apart, done.difference),
    }


def _values(done: Step, tensor: Tensor) -> dict[str, Any]:
    """A tensor: its shape, its first numbers, how many are left out, and figures of all."""
    flat = tensor.detach().flatten()
    first = flat[: done.style.shown].tolist()
    return {"shape": list(tensor.shape), "first": first, "left_out": flat.numel() - len(first), **figures(flat)}


def _worked(worked: Worked) -> dict[str, Any]:
    return {
        "name": worked.name,
        "symbols": worked.symbols,
        "numbers": worked.numbers,
        "latex": latex(" = ".join(filter(None, (worked.name, worked.symbols, worked.numbers)))),
        "value": worked.value,
        "torch": worked.torch,
    }


def _sheet(done: Step) -> Sheet:
    columns = ("part", "layer", "number", "symbols", "numbers", "value", "torch")

    def rows() -> Iterator[tuple[Any, ...]]:
        groups = [("forward", done.values), ("loss", {"loss": done.losses}), ("backward", done.gradients)]
        for part, group in [*groups, ("update", done.changes)]:
            for layer, found in group.items():
                for each in found:
                    yield part, layer, each.name, each.symbols, each.numbers, each.value, each.torch

    return Sheet(columns, rows())
