"""Batches in parts: what is computed, what is raised, and what is left of the threads."""

import copy
import threading
from contextlib import nullcontext

import pytest
import torch
from torch import nn

from netspec.functional.workers import InParts, Workers
from tests.training.networks import lenet


class Forked(nn.Module):
    """Several outputs by name, one without a gradient and one that nobody reads; tied, frozen and idle weights."""

    def __init__(self):
        super().__init__()
        self.table, self.frozen, self.idle = nn.Embedding(7, 6), nn.Linear(6, 6), nn.Linear(2, 2)
        self.head = nn.Linear(6, 7, bias=False)
        self.head.weight = self.table.weight
        self.frozen.requires_grad_(False)

    def forward(self, x):
        seen = self.frozen(self.table(x).mean(1))
        return {"output": self.head(seen.tanh()), "best": self.head(seen).argmax(1), "unread": seen * 2}


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm, self.head = nn.LSTM(5, 8, batch_first=True, bidirectional=True), nn.Linear(16, 3)

    def forward(self, x):
        return self.head(self.lstm(x)[0][:, -1])


def transformer():
    return nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)


CASES = {
    "lenet": (lenet, torch.rand(9, 1, 28, 28)),
    "forked": (Forked, torch.randint(7, (9, 4))),
    "recurrent": (Recurrent, torch.rand(9, 6, 5)),
    "transformer": (transformer, torch.rand(9, 5, 8)),
}


def passed(module, inputs):
    """The outputs by name, and the gradients of a loss over all of the batch."""
    outputs = module(inputs)
    outputs = outputs if isinstance(outputs, dict) else {"output": outputs}
    module.zero_grad(set_to_none=True)
    outputs["output"].float().log_softmax(0).square().mean().backward()
    return outputs, {name.removeprefix("network."): p.grad for name, p in module.named_parameters()}


@pytest.mark.parametrize("count", [2, 4])
@pytest.mark.parametrize("name", CASES)
def test_parts_give_what_the_whole_gives(name, count):
    build, inputs = CASES[name]
    torch.manual_seed(0)
    module = build()
    outputs, gradients = passed(copy.deepcopy(module), inputs)
    with (workers := Workers(count)):
        found, again = passed(InParts(module, workers), inputs), passed(InParts(module, workers), inputs)
    assert [each.requires_grad for each in found[0].values()] == [each.requires_grad for each in outputs.values()]
    torch.testing.assert_close(found[0], outputs, rtol=1e-5, atol=1e-6)
    assert found[1].keys() == gradients.keys()
    for key, gradient in gradients.items():
        torch.testing.assert_close(found[1][key], gradient, rtol=1e-4, atol=1e-6)
        assert gradient is None or torch.equal(found[1][key], again[1][key]), "not the same twice"


def test_gradients_add_up_over_batches():
    torch.manual_seed(0)
    module = lenet()
    with (workers := Workers(2)):
        parted = InParts(module, workers)
        for rows in (slice(5), slice(5, 8)):
            (parted(CASES["lenet"][1][rows]).square().sum()).backward()
    found = [p.grad for p in module.parameters()]
    wanted = torch.autograd.grad(module(CASES["lenet"][1][:8]).square().sum(), list(module.parameters()))
    torch.testing.assert_close(found, list(wanted), rtol=1e-4, atol=1e-5)


class Noting(nn.Linear):
    """Notes the size and the thread of each batch that it is given, and torch's threads there."""

    def __init__(self):
        super().__init__(2, 1)
        self.noted = []

    def forward(self, x):
        self.noted.append((len(x), threading.get_ident(), torch.get_num_threads(), torch.is_autocast_enabled("cpu")))
        return super().forward(x)


@pytest.fixture
def torch_threads():
    """Sets the number of torch's threads for a test."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


@pytest.mark.parametrize(("rows", "sizes"), [(8, [2, 3, 3]), (2, [1, 1]), (1, [1])])
def test_each_thread_has_its_part_of_the_rows_and_of_the_processors(rows, sizes, torch_threads):
    torch_threads(6)
    module, workers = Noting(), Workers(3)
    with workers:
        InParts(module, workers)(torch.rand(rows, 2))
        assert torch.get_num_threads() == 2
    assert torch.get_num_threads() == 6
    assert sorted(size for size, *_ in module.noted) == sizes
    here = threading.get_ident()
    assert all(thread == here for _, thread, *_ in module.noted) == (rows == 1)
    assert {threads for _, _, threads, _ in module.noted} == {2}
    told = []
    (later := threading.Thread(target=lambda: told.append(torch.get_num_threads()))).start()
    later.join()
    assert told == [6]  # what is begun later takes the number that was there before


@pytest.mark.parametrize("mixed", [False, True])
def test_mixed_precision_reaches_the_threads(mixed):
    module = Noting()
    with (workers := Workers(2)), torch.autocast("cpu", torch.bfloat16) if mixed else nullcontext():
        outputs = InParts(module, workers)(torch.rand(4, 2))
    assert [each[-1] for each in module.noted] == [mixed, mixed]
    assert outputs.dtype == (torch.bfloat16 if mixed else torch.float32)


def test_without_threads_at_work_a_batch_is_whole():
    for workers in (Workers(2), Workers(1)):
        module = Noting()
        with workers if workers.count == 1 else nullcontext():
            InParts(module, workers)(torch.rand(4, 2))
        assert [each[:2] for each in module.noted] == [(4, threading.get_ident())]


class Failing(torch.autograd.Function):
    """Fails for the part that has a negative number, forward or backward."""

    @staticmethod
    def forward(ctx, x, when):
        ctx.fails = bool((x < 0).any()) and when == "backward"
        if (x < 0).any() and when == "forward":
            raise OverflowError("a negative number")
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        if ctx.fails:
            raise OverflowError("a negative number")
        return gradient, None


@pytest.mark.parametrize("when", ["forward", "backward"])
def test_an_error_of_a_part_arrives_as_it_is_and_no_thread_is_left(when):
    before = threading.active_count()

    class Net(nn.Linear):
        def forward(self, x):
            return Failing.apply(super().forward(x) * 0 + x, when)

    with pytest.raises(OverflowError, match="a negative number") as caught, (workers := Workers(2)):
        InParts(Net(1, 1), workers)(torch.tensor([[1.0], [-1.0]])).sum().backward()
    assert caught.traceback[-1].name == when
    assert threading.active_count() == before
