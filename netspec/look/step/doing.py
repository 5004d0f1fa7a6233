"""One training step, done and kept: its calls, its loss, its updates, and how far they are from torch's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn, optim

from netspec.diagnostics import Code, NetspecError
from netspec.look.step.calls import Call, Key, backward, forward
from netspec.look.step.given import Lesson
from netspec.look.step.gradients import worked_gradients
from netspec.look.step.losses import Judged, worked_loss
from netspec.look.step.updates import Update, worked_update
from netspec.look.step.values import worked_values
from netspec.look.step.worked import Style, Worked
from netspec.recipe.objective import MAIN
from netspec.training.steps.groups import Learners, set_rates
from netspec.training.steps.outputs import main_output, total_loss


@dataclass(slots=True)
class Step:
    """A step that was done.

    Attributes:
        name: The network's name.
        number: Which step of the run it is, from 1.
        source: Where the examples are from, in words.
        inputs: The examples [N, ...].
        calls: The calls of layers in their order, with what was passed through them.
        judged: The output and its loss.
        total: The loss that is minimised: with the side outputs', where there are any.
        after: The same of the same examples after the step.
        sides: The losses of side outputs by name, and their weight.
        optimizer: The optimizer's name in recipes.
        rate: The learning rate of the step.
        norm: The norm of all gradients together before they were clipped; None where they are not.
        updates: The change of each tensor that learns.
        style: The writing of numbers.
        apart: The largest difference between the gradients here and those of torch's autograd over the whole network,
            of the outputs and of the loss too.
        values: The numbers worked out of each call's output, by its key.
        losses: Those of the loss.
        gradients: Those of each call's gradients, by its key.
        changes: Those of each update, by the tensor's name.
    """

    name: str
    number: int
    source: str
    inputs: Tensor
    calls: list[Call]
    judged: Judged
    total: float
    after: float
    sides: Mapping[str, float]
    optimizer: str
    rate: float
    norm: float | None
    updates: list[Update]
    style: Style
    apart: float
    values: dict[str, list[Worked]]
    losses: list[Worked]
    gradients: dict[str, list[Worked]]
    changes: dict[str, list[Worked]]

    @property
    def worked(self) -> list[Worked]:
        """All numbers that are worked out."""
        groups = [*self.values.values(), self.losses, *self.gradients.values(), *self.changes.values()]
        return [each for group in groups for each in group]

    @property
    def difference(self) -> float:
        """The largest difference of a number that is worked out from torch's."""
        return max((each.difference for each in self.worked), default=0.0)


def do(lesson: Lesson, name: str, steps: int, style: Style) -> Step:
    """Do steps, and keep the last of them. What layers draw follows from the seed, as in training.

    Raises:
        NetspecError: NS0805: torch refuses a step; NS0801: nothing learns.
    """
    with torch.random.fork_rng(devices=()):
        torch.set_rng_state(lesson.random)
        return _done(lesson, name, steps, style)


def _done(lesson: Lesson, name: str, steps: int, style: Style) -> Step:
    learners = Learners(lesson.module, lesson.decay)
    if not learners.names:
        raise NetspecError.of(Code.TRAINING_FAILED, "the network has no weight that could be learned")
    optimizer: optim.Optimizer | None = None
    before = -1
    for number in range(steps):
        inputs, targets = next(lesson.batches)
        index = lesson.plan.at(number)
        if index != before:
            learners.freeze(lesson.plan.phases[index])
            optimizer = learners.optimizer(lesson.plan.phases[index], lesson.optimizer, optimizer)
            before = index
        assert optimizer is not None
        set_rates(optimizer.param_groups, lesson.plan.rate(number))
        with _refusals():
            by_torch = _by_torch(lesson, inputs, targets, last=number + 1 == steps)
        if number + 1 == steps:
            return _told(lesson, name, number, (inputs, targets), optimizer, by_torch, style)
        _clipped(lesson, optimizer)
        optimizer.step()
    raise ValueError("a step has the number 1 at least")


@contextmanager
def _refusals() -> Iterator[None]:
    """Torch's refusals as diagnostics: of a norm over one number, say."""
    try:
        yield
    except (RuntimeError, ValueError, IndexError) as error:
        message = f"torch refuses the step: {str(error).strip().splitlines()[0]}"
        raise NetspecError.of(Code.TRAINING_FAILED, message) from error


def _by_torch(
    lesson: Lesson, inputs: Tensor, targets: Tensor, *, last: bool
) -> tuple[dict[str, Tensor], float, Tensor]:
    """The gradients by name, the loss, and the output, by autograd over the whole network.

    Where it is the `last` step, buffers and random numbers are put back, so that it can be done once more, layer by
    layer.
    """
    module = lesson.module
    buffers = {name: each.clone() for name, each in module.named_buffers()}
    state = torch.get_rng_state()
    module.zero_grad(set_to_none=True)
    outputs = module(inputs)
    loss = total_loss(lesson.criterion, outputs, targets, lesson.side_loss)
    loss.backward()
    found = {name: each.grad.clone() for name, each in module.named_parameters() if each.grad is not None}
    if last:
        _put_back(module, buffers)
        torch.set_rng_state(state)
        module.zero_grad(set_to_none=True)
    return found, float(loss.detach()), main_output(outputs).detach()


def _put_back(module: nn.Module, buffers: Mapping[str, Tensor]) -> None:
    with torch.no_grad():
        for name, each in module.named_buffers():
            each.copy_(buffers[name])


def _told(
    lesson: Lesson,
    name: str,
    number: int,
    batch: tuple[Tensor, Tensor],
    optimizer: optim.Optimizer,
    by_torch: tuple[dict[str, Tensor], float, Tensor],
    style: Style,
) -> Step:
    """The step done layer by layer, and held against torch's."""
    (inputs, targets), (gradients, whole, output) = batch, by_torch
    state = torch.get_rng_state()
    calls = forward(lesson.module, lesson.graph, {next(iter(lesson.graph.inputs)): inputs})
    judged, sides, deltas, total = _judge(lesson, calls, targets)
    backward(calls, deltas)
    own = _summed(lesson.module, calls)
    apart = [_apart(judged.outputs.detach(), output), abs(total - whole)]
    apart += [_apart(own[key], each) for key, each in gradients.items()]
    taken = set(lesson.graph.inputs)
    values, passed = {}, {}
    for call in calls:  # before the weights change
        values[call.key] = worked_values(call, style) if len(call.made) == 1 else []
        passed[call.key] = worked_gradients(call, style, [source[0] not in taken for source in call.sources])
    norm = _clipped(lesson, optimizer)
    updates = _updated(lesson.module, optimizer)
    torch.set_rng_state(state)
    with torch.no_grad():
        after = float(total_loss(lesson.criterion, lesson.module(inputs), targets, lesson.side_loss))
    return Step(
        name=name,
        number=number + 1,
        source=lesson.source,
        inputs=inputs,
        calls=calls,
        judged=judged,
        total=total,
        after=after,
        sides=sides,
        optimizer=lesson.optimizer.key,
        rate=lesson.plan.rate(number),
        norm=norm,
        updates=updates,
        style=style,
        apart=max(apart),
        values=values,
        losses=worked_loss(judged, style),
        gradients=passed,
        changes={each.name: worked_update(each, type(optimizer), style) for each in updates},
    )


def _judge(
    lesson: Lesson, calls: list[Call], targets: Tensor
) -> tuple[Judged, dict[str, float], dict[Key, Tensor], float]:
    """The main output's loss, those of side outputs, the gradients that begin the way back, and the loss of all."""
    made: dict[Key, Tensor] = {(call.key, at): each for call in calls for at, each in enumerate(call.made)}
    outputs = {**lesson.graph.outputs, **lesson.graph.side_outputs}
    main = MAIN if MAIN in outputs else next(iter(outputs))
    deltas: dict[Key, Tensor] = {}
    judged: Judged | None = None
    sides: dict[str, float] = {}
    total = 0.0
    for name, value in outputs.items():
        key = (value.key, value.index)
        z = made[key].detach().clone().requires_grad_()
        loss = lesson.criterion(z, targets)
        (gradient,) = torch.autograd.grad(loss, z)
        weight = 1.0 if name == main else lesson.side_loss or 0.0
        deltas[key] = deltas[key] + weight * gradient if key in deltas else weight * gradient
        total += weight * float(loss.detach())
        if name == main:
            judged = Judged(lesson.loss, z, targets, float(loss.detach()), gradient)
        else:
            sides[name] = float(loss.detach())
    assert judged is not None
    return judged, sides, deltas, total


def _summed(module: nn.Module, calls: list[Call]) -> dict[str, Tensor]:
    """The gradients of all calls together by the tensor's name, which the module is given."""
    parameters = dict(module.named_parameters())
    names = {id(each): name for name, each in parameters.items()}
    found: dict[str, Tensor] = {}
    for call in calls:
        for own, gradient in call.learned.items():
            name = names[id(call.weights[own])]
            found[name] = found[name] + gradient if name in found else gradient
    for name, gradient in found.items():
        parameters[name].grad = gradient.clone()
    return found


def _apart(one: Tensor, other: Tensor) -> float:
    """The largest difference of two tensors, as a share of the largest number where that is above 1."""
    if not one.numel() or torch.equal(one, other):
        return 0.0
    return float((one - other).abs().max() / other.abs().max().clamp(min=1.0))


def _clipped(lesson: Lesson, optimizer: optim.Optimizer) -> float | None:
    """Clip the gradients; their norm before."""
    if lesson.clip is None:
        return None
    learning = [each for group in optimizer.param_groups for each in group["params"]]
    squares = [each.grad.square().sum() for each in learning if each.grad is not None]
    norm = float(torch.stack(squares).sum().sqrt()) if squares else 0.0
    lesson.clip(learning)
    return norm


def _updated(module: nn.Module, optimizer: optim.Optimizer) -> list[Update]:
    """Do the update, and keep each tensor before and after it."""
    groups = {id(each): group for group in optimizer.param_groups for each in group["params"]}
    learning = {name: each for name, each in module.named_parameters() if id(each) in groups and each.grad is not None}
    before = {name: each.detach().clone() for name, each in learning.items()}
    earlier = {name: _copied(optimizer.state.get(each, {})) for name, each in learning.items()}
    optimizer.step()
    found = []
    for name, each in learning.items():
        assert each.grad is not None
        group = {key: copy(value) for key, value in groups[id(each)].items() if key != "params"}
        later = _copied(optimizer.state.get(each, {}))
        found.append(Update(name, before[name], each.detach().clone(), each.grad, group, earlier[name], later))
    return found


def _copied(state: Mapping[str, Any]) -> dict[str, Any]:
    return {key: each.clone() if isinstance(each, Tensor) else each for key, each in state.items()}
