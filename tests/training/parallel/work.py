"""What the processes of `test_sharding` compute: steps of a small network, with its state saved and taken up."""

import torch
from torch import distributed, nn

from netspec.recipe.optimizers import Optimizer
from netspec.training.parallel.sharding import dealt_optimizer, gathered, load_whole, same_everywhere
from netspec.training.parallel.world import World
from netspec.training.steps.agreement import Agreement
from netspec.training.steps.device import arrange, take
from netspec.training.steps.groups import of_groups
from netspec.training.steps.stepper import Average, InPrecision

SIZES = [32, 32, 32, 5, 1]
"""Of the batches of an epoch: the last two are ragged, and one is smaller than two processes."""


def network():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Flatten(),
        nn.Sequential(nn.Linear(512, 33), nn.ReLU()), nn.Linear(33, 10),
    )  # fmt: skip


def steps(processes, strategy, precision, count, state=None):
    """Losses of so many steps, and the whole state after them."""
    torch.set_num_threads(1)
    process = take("cpu", World(processes, 1, strategy))
    share, agreement = process.share, Agreement(process)
    module = arrange(network(), (1, 8, 8))
    wrapped = InPrecision(process.shared(module), torch.float16 if precision == "float16" else None)
    scaler = torch.amp.GradScaler("cpu", enabled=precision == "float16")
    optimizer = torch.optim.AdamW(module.parameters(), lr=1e-2, fused=True)
    if state:
        load_whole(module, state["module"])
        optimizer.load_state_dict(dealt_optimizer(state["optimizer"], optimizer))
    generator = torch.Generator().manual_seed(1)
    images = torch.randn(32, 1, 8, 8, generator=generator)
    labels = torch.randint(0, 10, (32,), generator=generator)
    losses = []
    for step in range(state["step"] if state else 0, count):
        rows = SIZES[step % len(SIZES)]
        own = share.of(rows)
        optimizer.zero_grad(set_to_none=True)
        loss = nn.functional.cross_entropy(wrapped(images[:rows][own]), labels[:rows][own])
        scaler.scale(loss * share.weight(rows)).backward()
        if step % 2:
            scaler.unscale_(optimizer)
            nn.utils.clip_grad_norm_(module.parameters(), 0.5)
        scaler.step(optimizer)
        scaler.update()
        whole = loss.detach() * share.count(rows) / rows
        if processes > 1:
            distributed.all_reduce(whole)
        losses.append(whole.item())
        assert not agreement.asked(False)
    state = {"module": gathered(module.state_dict()), "optimizer": gathered(optimizer.state_dict()), "step": count}
    return losses, state


def updated(processes, strategy, optimizer):
    """The weights after two steps of an optimizer of recipes."""
    process = take("cpu", World(processes, 1, strategy))
    module = network()
    wrapped = process.shared(module)
    made = of_groups(optimizer, [{"params": list(module.parameters())}])
    images = torch.randn(64, 1, 8, 8, generator=torch.Generator().manual_seed(1))[process.share.of(64)]
    for _ in range(2):
        made.zero_grad()
        wrapped(images).square().mean().backward()
        made.step()
    return gathered(module.state_dict())


OPTIMIZERS = {key: member(lr=1e-2) for key, member in Optimizer.members.items()}


def everything(state):
    """All that two processes compute, given the state of one after five steps."""
    found = {
        (strategy, precision): steps(2, strategy, precision, 5)
        for strategy in ("ddp", "fsdp")
        for precision in ("float32", "float16")
    }
    found["taken up"] = steps(2, "fsdp", "float32", 9, state)
    return {**found, "stopped": stopping(7), "buffers": buffers(), "averages": averages(), "optimizers": optimizers()}


def optimizers():
    """The weights after steps of each optimizer, on weights in pieces."""
    return {key: updated(2, "fsdp", optimizer) for key, optimizer in OPTIMIZERS.items()}


def stopping(asked_at):
    """The step after which this process stops, where the second one alone is asked to."""
    process = take("cpu", World(2))
    agreement = Agreement(process)
    for step in range(100):
        if agreement.asked(process.rank == 1 and step == asked_at):
            return step
    return None


def averages():
    """The average of a norm's weights, which are cut into pieces, and of its buffers, which are not."""
    process = take("cpu", World(2, sharing="fsdp"))
    module = nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5))
    process.shared(module)
    average, decay = Average(module), 0.75
    with torch.no_grad():
        for tensor in (*module.parameters(), module[1].running_mean):
            tensor.fill_(2)
    average.update(decay)
    with average.in_place():
        return gathered(module.state_dict())


def buffers():
    """A norm's running mean, and how often it was counted, once the processes agree."""
    process = take("cpu", World(2))
    norm = nn.BatchNorm1d(3)
    norm(torch.full((4, 3), float(process.rank + 1)))
    same_everywhere(norm.buffers())
    return norm.running_mean.tolist(), int(norm.num_batches_tracked)
