"""What the processes of `test_sharding` compute: steps of a small network, with its state saved and taken up."""

import torch
from torch import nn

from netspec.train.parallel.sharding import dealt_optimizer, gathered, load_whole, same_everywhere
from netspec.train.parallel.world import Share
from netspec.train.steps.device import arrange, make_fabric
from netspec.train.steps.interrupt import Agreement
from netspec.train.steps.stepper import Average

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
    fabric = make_fabric("cpu", processes, 1, precision, strategy)
    share, agreement = Share(fabric.global_rank, fabric.world_size), Agreement(fabric)
    module = arrange(network(), (1, 8, 8))
    wrapped = fabric.setup_module(module)
    inner = torch.optim.AdamW(module.parameters(), lr=1e-2, fused=True)
    optimizer = fabric.setup_optimizers(inner)
    if state:
        load_whole(module, state["module"])
        inner.load_state_dict(dealt_optimizer(state["optimizer"], inner))
    generator = torch.Generator().manual_seed(1)
    images = torch.randn(32, 1, 8, 8, generator=generator)
    labels = torch.randint(0, 10, (32,), generator=generator)
    losses = []
    for step in range(state["step"] if state else 0, count):
        rows = SIZES[step % len(SIZES)]
        own = share.of(rows)
        optimizer.zero_grad(set_to_none=True)
        loss = nn.functional.cross_entropy(wrapped(images[:rows][own]), labels[:rows][own])
        fabric.backward(loss * share.weight(rows))
        if step % 2:
            fabric.clip_gradients(wrapped, optimizer, max_norm=0.5)
        optimizer.step()
        losses.append(fabric.all_reduce(loss.detach() * share.count(rows) / rows, reduce_op="sum").item())
        assert not agreement.asked(False)
    state = {"module": gathered(module.state_dict()), "optimizer": gathered(inner.state_dict()), "step": count}
    return losses, state


def everything(state):
    """All that two processes compute, given the state of one after five steps."""
    found = {
        (strategy, precision): steps(2, strategy, precision, 5)
        for strategy in ("ddp", "fsdp")
        for precision in ("float32", "float16")
    }
    found["taken up"] = steps(2, "fsdp", "float32", 9, state)
    return {**found, "stopped": stopping(7), "buffers": buffers(), "averages": averages()}


def stopping(asked_at):
    """The step after which this process stops, where the second one alone is asked to."""
    fabric = make_fabric("cpu", 2)
    agreement = Agreement(fabric)
    for step in range(100):
        if agreement.asked(fabric.global_rank == 1 and step == asked_at):
            return step
    return None


def averages():
    """The average of a norm's weights, which are cut into pieces, and of its buffers, which are not."""
    fabric = make_fabric("cpu", 2, strategy="fsdp")
    module = nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5))
    fabric.setup_module(module)
    average, decay = Average(module), 0.75
    with torch.no_grad():
        for tensor in (*module.parameters(), module[1].running_mean):
            tensor.fill_(2)
    average.update(decay)
    with average.in_place():
        return gathered(module.state_dict())


def buffers():
    """A norm's running mean, and how often it was counted, once the processes agree."""
    fabric = make_fabric("cpu", 2)
    norm = nn.BatchNorm1d(3)
    norm(torch.full((4, 3), float(fabric.global_rank + 1)))
    same_everywhere(norm.buffers())
    return norm.running_mean.tolist(), int(norm.num_batches_tracked)
