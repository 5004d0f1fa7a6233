"""Scans: a loop over an axis, equal to a loop by hand and to its steps written out."""

from __future__ import annotations

import random
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from netspec import api
from netspec.diagnostics import NetspecError
from netspec.driver.recipes import memory
from tests.autograd.test_kept import measure

CELLS = {
    "elman": (
        "[x, hidden]",
        "[next]",
        [
            "{linear: 5, from: x, name: given}",
            "{linear: 5, bias: false, from: hidden, name: kept}",
            "{add: [given, kept], activation: tanh, name: next}",
        ],
    ),
    "told": (
        "[x, hidden]",
        "[next, told]",
        [
            "{linear: 5, from: x, name: given}",
            "{add: [given, hidden], activation: tanh, name: next}",
            "{linear: 2, from: next, name: told}",
        ],
    ),
    "two": (
        "[x, hidden, memory]",
        "[next, kept]",
        [
            "{concat: [x, hidden], axis: -1, name: both}",
            "{linear: 5, from: both, name: given}",
            "{add: [given, memory], activation: tanh, name: kept}",
            "{sigmoid: , from: kept, name: open}",
            "{multiply: [open, hidden], name: next}",
        ],
    ),
    "held": (
        "[x, hidden, context]",
        "[next]",
        [
            "{linear: 5, from: x, name: given}",
            "{add: [given, hidden, context], activation: tanh, name: next}",
        ],
    ),
}
"""The inputs of a block, its outputs, and its entries; all but the last carry all but the first input."""


def drawn(seed: int) -> tuple[str, str, int, int]:
    """A network that scans, the same one written out, how many states its cell carries, and the axis."""
    draw = random.Random(seed)
    kind = draw.choice(sorted(CELLS))
    inputs, outputs, entries = CELLS[kind]
    states = inputs.strip("[]").split(", ")[1:]
    carried = states[:1] if kind == "held" else states
    more = len(outputs.split(", ")) - len(carried)
    rank, length = draw.randint(2, 3), draw.randint(1, 4)
    axis = draw.randrange(rank - 1)
    shape = [*(draw.randint(2, 4) for _ in range(rank - 1)), 3]
    shape[axis] = length
    state = [*shape[:axis], *shape[axis + 1 : -1], 5]
    given = "".join(f"  {name}0: {state}\n" for name in states)
    block = "".join(f"      - {entry}\n" for entry in entries)
    head = f"netspec: 1\nname: net\ninputs:\n  sequence: {shape}\n{given}blocks:\n"
    head += f"  cell:\n    inputs: {inputs}\n    outputs: {outputs}\n    layers:\n{block}layers:\n"
    final = [f"{name}_end" for name in carried]
    told = [f"all{at}" for at in range(max(more, 1))]
    taken = ["sequence", *(f"{name}0" for name in states)]
    scan = f"  - cell:\n    scan: {draw.choice([axis, axis - rank])}\n    from: [{', '.join(taken)}]\n"
    scan += f"    carry: [{', '.join(carried)}]\n    to: [{', '.join([*told, *final])}]\n    name: cell\n"
    named = ", ".join(f"{name}: {name}" for name in [*told, *final])
    tail = f"outputs: {{{named}}}\n"
    lines = _written_out(carried, states, more, axis, length)
    return f"{head}{scan}{tail}", f"{head}{lines}{tail}", len(carried), axis


def _written_out(carried: list[str], states: list[str], more: int, axis: int, length: int) -> str:
    """The entries of each step, and those that join their results."""
    lines, now = "", {name: f"{name}0" for name in states}
    rows: list[list[str]] = [[] for _ in range(max(more, 1))]
    for step in range(length):
        made = [*(f"{name}{step + 1}" for name in carried), *(f"extra{step}_{at}" for at in range(more))]
        operation = "reuse: cell" if step else "cell: , name: cell"
        now_flows = ", ".join([f"place{step}", *now.values()])
        lines += f"  - {{select: {step}, axis: {axis}, from: sequence, name: place{step}}}\n"
        lines += f"  - {{{operation}, from: [{now_flows}], to: [{', '.join(made)}]}}\n"
        now.update(zip(carried, made, strict=False))
        for at, row in enumerate(rows):
            source = made[len(carried) + at] if more else made[0]
            lines += f"  - {{unsqueeze: {axis}, from: {source}, name: row{at}_{step}}}\n"
            row.append(f"row{at}_{step}")
    for at, row in enumerate(rows):
        if length > 1:
            lines += f"  - {{concat: [{', '.join(row)}], axis: {axis}, name: all{at}}}\n"
        else:
            lines += f"  - {{identity: , from: {row[0]}, name: all{at}}}\n"
    return lines + "".join(f"  - {{identity: , from: {now[name]}, name: {name}_end}}\n" for name in carried)


def results(network: nn.Module, inputs: list[Tensor]) -> list[Tensor]:
    found: Any = network(*inputs)
    return [*found.values()] if isinstance(found, dict) else [found]


@pytest.mark.parametrize("seed", range(24))
def test_a_scan_is_a_loop_by_hand_and_its_steps_written_out(seed: int) -> None:
    torch.manual_seed(seed)
    text, written, number, axis = drawn(seed)
    spec, plain = api.loads(text), api.loads(written)
    network, other = api.compile(spec), api.compile(plain)
    other.load_state_dict(network.state_dict())
    inputs = [torch.randn(2, *each.shape) for each in spec.graph.inputs.values()]
    found = results(network, inputs)
    for ours, theirs in zip(found, results(other, inputs), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=0)
    sequence, *states = inputs
    rows = []
    for place in sequence.unbind(axis + 1):
        made = network.cell(place, *states)
        made = made if isinstance(made, tuple) else (made,)
        states = [*made[:number], *states[number:]]
        rows.append(made[number:] or made[:1])
    by_hand = [torch.stack(each, axis + 1) for each in zip(*rows, strict=True)] + states[:number]
    for ours, theirs in zip(found, by_hand, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=0)
    assert api.analyze(spec).work.total == api.analyze(plain).work.total
    assert api.analyze(spec).weights.total.params == api.analyze(plain).weights.total.params


CONVLSTM = """netspec: 1
name: convlstm
params: {width: 6}
input: {shape: [4, 3, 8, 8], dynamic: [0]}
blocks:
  cell:
    params: {out: int}
    inputs: [frame, hidden, memory]
    outputs: [next, kept]
    layers:
      - {concat: [frame, hidden], name: both}
      - {conv: $(4 * out), kernel: 3, padding: 1, name: gates}
      - {split: $out, to: [i, f, o, g]}
      - {sigmoid: , from: i, name: enter}
      - {sigmoid: , from: f, name: forget}
      - {sigmoid: , from: o, name: give}
      - {tanh: , from: g, name: candidate}
      - {multiply: [forget, memory], name: old}
      - {multiply: [enter, candidate], name: new}
      - {add: [old, new], name: kept}
      - {tanh: , from: kept, name: shown}
      - {multiply: [give, shown], name: next}
layers:
  - {constant: 0.0, shape: [$width, 8, 8], name: zeros}
  - cell: $width
    scan: 0
    from: [input, zeros, zeros]
    carry: [hidden, memory]
    to: [maps, last, kept]
    name: lstm
  - {mean: 0, from: maps, name: mean}
  - add: [mean, last, kept]
"""


def test_a_convlstm_runs_at_any_length_and_is_written_as_a_loop() -> None:
    spec = api.loads(CONVLSTM)
    source = api.generate(spec)
    assert "for frame in x.unbind(1):" in source
    assert "hidden, memory = self.lstm(frame, hidden, memory)" in source
    network = api.compile(spec)
    for length in (1, 4, 9):
        frames = torch.randn(2, length, 3, 8, 8)
        hidden = memory = torch.zeros(2, 6, 8, 8)
        rows = []
        for frame in frames.unbind(1):
            hidden, memory = network.lstm(frame, hidden, memory)
            rows.append(hidden)
        torch.testing.assert_close(network(frames), torch.stack(rows).mean(0) + hidden + memory)
    wider = api.loads(CONVLSTM.replace("width: 6", "width: 7"))
    assert api.compile(wider)(torch.randn(1, 2, 3, 8, 8)).shape == (1, 7, 8, 8)


def test_what_a_scan_costs_is_told_for_all_its_steps() -> None:
    analysis = api.analyze(api.loads(CONVLSTM))
    steps, one = 4, 8 * 8 * 24 * 9 * 9
    assert analysis.work.nodes["lstm.gates"] == steps * one == analysis.work.total
    assert analysis.units.units["lstm.gates"] == steps * 24 * 8 * 8
    assert analysis.weights.total.params == 24 * 9 * 9 + 24
    assert set(analysis.receptive.extents["lstm.gates"] or ()) == {"unknown"}


def test_a_map_over_an_axis_carries_nothing_and_a_scan_stands_in_a_sequence() -> None:
    spec = api.loads("""netspec: 1
name: net
input: [5, 3, 8, 8]
blocks:
  frame: {params: {out: int}, layers: [{conv: $out, kernel: 3}, global_avg_pool, flatten]}
sequence:
  - {frame: 4, scan: 0}
  - {linear: 2}
""")
    network = api.compile(spec)
    x = torch.randn(2, 5, 3, 8, 8)
    children = dict(network.named_children())
    first, linear = children.values()
    wanted = linear(torch.stack([first(frame) for frame in x.unbind(1)], 1))
    torch.testing.assert_close(network(x), wanted, rtol=0, atol=0)


def test_scans_stand_in_blocks_and_in_each_other() -> None:
    spec = api.loads(
        """netspec: 1
name: net
input: [4, 5, 3]
blocks:
  cell:
    inputs: [x, hidden]
    layers:
      - {linear: 6, from: x, name: given}
      - {linear: 6, from: hidden, name: kept}
      - {add: [given, kept], activation: tanh}
  row:
    layers:
      - {constant: 0.0, shape: [6], name: zeros}
      - {cell: , scan: 0, from: [input, zeros], carry: hidden, to: [all, last], name: inner}
      - {linear: 6, from: last}
  rows:
    layers:
      - {row: , scan: 0, name: outer}
layers:
  - {rows: , name: one}
  - {linear: 3}
  - {reshape: [4, 6, 1]}
  - {reshape: [4, 2, 3]}
  - {rows: , name: two}
""".replace("  - {linear: 3}\n  - {reshape: [4, 6, 1]}\n  - {reshape: [4, 2, 3]}\n", "  - {reshape: [4, 2, 3]}\n")
    )
    network = api.compile(spec)
    found = network(torch.randn(2, 4, 5, 3))
    assert found.shape == (2, 4, 6)
    assert api.analyze(spec).work.nodes["one.outer.inner.given"] == 4 * 5 * 6 * 3
    assert api.analyze(spec).work.nodes["two.outer.inner.given"] == 4 * 2 * 6 * 3


@pytest.mark.parametrize("seed", range(6))
def test_its_steps_keep_what_torch_keeps(seed: int) -> None:
    spec = api.loads(drawn(seed)[0])
    found = memory(spec, batch=2)
    assert found.kept == measure(spec, spec.graph, 2) > 0
    assert (found.training_peak or 0) > found.kept
    assert found.inference_peak is None


def test_very_many_steps_are_not_followed() -> None:
    text = LAST.replace("[6, 3]", "[5001, 3]")
    assert memory(api.loads(text)).training.unknown == "unbind1"
    assert memory(api.loads(text.replace("5001", "1000"))).training.unknown is None


LAST = """netspec: 1
name: net
input: {shape: [6, 3], dynamic: [0]}
blocks:
  cell: {inputs: [x, state], layers: [{linear: 4, from: x, name: a}, {add: [a, state], activation: tanh}]}
layers:
  - {constant: 0.0, shape: [4], name: begun}
  - {cell: , scan: 0, from: [input, begun], carry: state, to: [every, last], name: cell}
  - {linear: 2, from: last, name: verdict}
"""


def test_steps_that_nobody_takes_are_not_joined() -> None:
    spec = api.loads(LAST)
    assert [node.layer.op for node in spec.graph.nodes.values()].count("stack") == 0
    assert "steps" not in api.generate(spec)
    network = api.compile(spec)
    x = torch.randn(2, 5, 3)
    state = torch.zeros(2, 4)
    for step in x.unbind(1):
        state = torch.tanh(network.cell.a(step) + state)
    torch.testing.assert_close(network(x), network.verdict(state), rtol=0, atol=0)
    with pytest.raises(NetspecError, match="nobody uses what `cell` gives"):
        api.elaborate(api.loads(LAST.replace("from: last", "from: begun")))


HEAD = """netspec: 1
name: net
inputs: {sequence: [4, 3], state: [5], wide: [6]}
blocks:
  cell: {inputs: [x, hidden], layers: [{linear: 5, from: x, name: a}, {add: [a, hidden]}]}
  grows: {inputs: [x, hidden], layers: [{concat: [x, hidden]}]}
layers:
"""


@pytest.mark.parametrize(
    ("entry", "code", "said"),
    [
        (
            "{grows: , scan: 0, from: [sequence, state], carry: hidden}",
            "NS0304",
            "axis 0 is 5 before a step and 8 after",
        ),
        ("{cell: , scan: 2, from: [sequence, state], carry: hidden}", "NS0307", "-2 to 1"),
        ("{cell: , scan: 0, from: [sequence, state], carry: x}", "NS0506", "`x` is what the scan runs along"),
        ("{cell: , scan: 0, from: [sequence, state], carry: memory}", "NS0501", "no input `memory`"),
        ("{cell: , scan: 0, from: [sequence], carry: hidden}", "NS0309", "takes 2 inputs"),
        ("{linear: 3, scan: 0, from: sequence}", "NS0211", "only a block"),
        ("{cell: , scan: 0, repeat: 2, from: [sequence, state]}", "NS0211", "`repeat`"),
        ("{cell: , scan: 0, from: [sequence, state], carry: hidden, collect: all}", "NS0211", "`collect`"),
    ],
)
def test_scans_that_cannot_be_are_refused(entry: str, code: str, said: str) -> None:
    with pytest.raises(NetspecError) as caught:
        api.elaborate(api.loads(f"{HEAD}  - {entry}\n"))
    found = caught.value.diagnostics[0]
    assert (found.code.number, found.span and found.span.line) == (code, 8)
    assert said in f"{found.message} {found.expected}"
