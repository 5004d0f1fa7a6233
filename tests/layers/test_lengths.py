"""Recurrent layers over sequences of different lengths: torch's packed ones, and each sequence alone."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from netspec import api
from netspec.contract.calls import build, results
from netspec.diagnostics import NetspecError
from netspec.layers import registry

STATES = {"lstm": 2, "gru": 1, "rnn": 1}


@st.composite
def uses(draw: st.DrawFn) -> tuple[str, dict[str, Any], bool, list[int]]:
    """A kind, its options, whether initial states flow in, and the lengths of a batch padded to 5."""
    kind = draw(st.sampled_from(sorted(STATES)))
    options = {
        "hidden_size": draw(st.integers(1, 4)),
        "num_layers": draw(st.integers(1, 3)),
        **{name: draw(st.booleans()) for name in ("bias", "bidirectional", "last", "states")},
    }
    if kind == "rnn":
        options["nonlinearity"] = draw(st.sampled_from(["tanh", "relu"]))
    return kind, options, draw(st.booleans()), draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))


def begun(options: dict[str, Any], batch: int, number: int) -> list[Tensor]:
    """Initial states, the batch first."""
    rows = options["num_layers"] * (2 if options["bidirectional"] else 1)
    return [torch.randn(batch, rows, options["hidden_size"]) for _ in range(number)]


def by_torch(module: nn.Module, options: dict[str, Any], x: Tensor, lengths: Tensor, states: list[Tensor]) -> list[Any]:
    """The results of torch's own module of these weights, packed and padded by hand."""
    kind = type(module).__name__.removeprefix("Packed")
    names = {name: value for name, value in options.items() if name not in ("last", "states", "hidden_size")}
    theirs = getattr(nn, kind)(x.shape[2], options["hidden_size"], batch_first=True, **names)
    theirs.load_state_dict(module.state_dict())
    turned = tuple(state.transpose(0, 1).contiguous() for state in states)
    packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    found, ended = theirs(packed, (turned if kind == "LSTM" else turned[0]) if turned else None)
    ended = ended if isinstance(ended, tuple) else (ended,)
    result = pad_packed_sequence(found, batch_first=True, total_length=x.shape[1])[0]
    if options["last"]:
        result = torch.cat([*ended[0][-2 if options["bidirectional"] else -1 :]], 1)
    return [result, *(each.transpose(0, 1) for each in ended)] if options["states"] else [result]


@settings(max_examples=200, deadline=None, database=None)
@given(uses())
def test_lengths_are_torch_s_packed_sequences_and_each_sequence_alone(use: Any) -> None:
    kind, options, initial, lengths = use
    batch, number = len(lengths), STATES[kind] if initial else 0
    states = begun(options, batch, number)
    inputs = ((5, 3), (), *(tuple(state.shape[1:]) for state in states))
    layer = registry()[kind](**options, lengths=True)
    module = build(layer.emit(inputs), "cpu")
    x = torch.randn(batch, 5, 3)
    found = results(module(x, torch.tensor(lengths), *states))
    assert tuple(tuple(each.shape[1:]) for each in found) == layer.infer(inputs)
    for ours, theirs in zip(found, by_torch(module, options, x, torch.tensor(lengths), states), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=0)
    plain = build(registry()[kind](**options).emit((inputs[0], *inputs[2:])), "cpu")
    plain.load_state_dict(module.state_dict())
    for at, length in enumerate(lengths):
        alone = results(plain(x[at : at + 1, :length], *(state[at : at + 1] for state in states)))
        for position, (ours, theirs) in enumerate(zip(found, alone, strict=True)):
            own = ours[at : at + 1]
            if position == 0 and not options["last"]:
                assert not own[:, length:].any()
                own = own[:, :length]
            torch.testing.assert_close(own, theirs)


SPEC = """netspec: 1
name: net
inputs:
  words: {shape: [7, 6], dynamic: [0]}
  lengths: {shape: [], dtype: int64}
  sizes: []
  pairs: {shape: [2], dtype: int64}
layers:
"""


def test_a_network_of_lengths_takes_any_length_and_ignores_the_padding() -> None:
    spec = api.loads("""netspec: 1
name: net
inputs: {words: {shape: [7, 6], dynamic: [0]}, lengths: {shape: [], dtype: int64}}
layers:
  - {lstm: 4, from: [words, lengths], lengths: true, bidirectional: true, last: true}
  - {linear: 3}
""")
    network = api.compile(spec)
    words, lengths = torch.randn(2, 9, 6), torch.tensor([4, 9])
    found = network(words, lengths)
    words[0, 4:] = 7.0
    torch.testing.assert_close(network(words, lengths), found, rtol=0, atol=0)
    assert api.analyze(spec).work.total == 7 * 2 * 4 * 4 * (6 + 4) + 8 * 3
    assert "pack_padded_sequence" in api.generate(spec)


@pytest.mark.parametrize(
    ("entry", "code", "said"),
    [
        ("{lstm: 3, from: words, lengths: true}", "NS0207", "`from: [sequence, lengths]`"),
        ("{lstm: 3, from: [words, pairs], lengths: true}", "NS0301", "one number for each sequence"),
        ("{lstm: 3, from: [words, sizes], lengths: true}", "NS0308", "takes integers as its input 2"),
        ("{gru: 3, from: [words, lengths, words, words], lengths: true}", "NS0309", ""),
        ("{lstm: 3, from: [words, lengths, words], lengths: true}", "NS0309", "[sequence, lengths, hidden, cell]"),
        ("{lstm: 3, from: [words, lengths]}", "NS0308", "takes floating-point numbers"),
    ],
)
def test_lengths_that_do_not_fit_are_refused(entry: str, code: str, said: str) -> None:
    with pytest.raises(NetspecError) as caught:
        api.elaborate(api.loads(f"{SPEC}  - {entry}\n"))
    found = caught.value.diagnostics[0]
    assert (found.code.number, found.span and found.span.line) == (code, 9)
    assert said in f"{found.message} {found.expected}"
