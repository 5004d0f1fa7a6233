"""Final and initial states of recurrent layers: torch's, with the batch first."""

from __future__ import annotations

from itertools import product

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from netspec import api
from netspec.diagnostics import NetspecError
from netspec.driver.recipes import memory
from tests.saved import kept_storages

KINDS = {"lstm": ("h", "c"), "gru": ("h",), "rnn": ("h",)}
CASES = [case for case in product(KINDS, (1, 2), (False, True), ("first", "last", "both")) if case[1] == 1 or case[2]]


def text(kind: str, layers: int, both_ways: bool, given: bool, states: bool) -> str:
    size = [layers * (2 if both_ways else 1), 3]
    names = KINDS[kind]
    taken = ", ".join(["words", *(f"{name}0" for name in names if given)])
    inputs = ", ".join(["words: [4, 6]", *(f"{name}0: {size}" for name in names if given)])
    to = ", ".join(["found", *(names if states else ())])
    options = f"num_layers: {layers}, bidirectional: {both_ways}, states: {states}".lower()
    return f"""netspec: 1
name: net
inputs: {{{inputs}}}
layers:
  - {{{kind}: 3, from: [{taken}], {options}, to: [{to}]}}
outputs: {{{", ".join(f"{name}: {name}" for name in to.split(", "))}}}
"""


@pytest.mark.parametrize(("kind", "layers", "both_ways", "which"), CASES)
def test_states_are_torch_s_and_so_is_what_it_keeps(kind: str, layers: int, both_ways: bool, which: str) -> None:
    spec = api.loads(text(kind, layers, both_ways, which != "last", which != "first"))
    network = api.compile(spec).train()
    theirs = getattr(nn, kind.upper())(6, 3, layers, bidirectional=both_ways, batch_first=True)
    theirs.load_state_dict(next(network.children()).state_dict())
    words, *states = (torch.randn(2, *each.shape) for each in spec.graph.inputs.values())
    begun = tuple(state.transpose(0, 1).contiguous() for state in states)
    sequence, ended = theirs(words, (begun if kind == "lstm" else begun[0]) if begun else None)
    wanted = [sequence]
    if which != "first":
        wanted += [each.transpose(0, 1) for each in (ended if kind == "lstm" else [ended])]

    def outputs() -> list[torch.Tensor]:
        found = network(words, *states)
        return [*found.values()] if isinstance(found, dict) else [found]

    for ours, other in zip(outputs(), wanted, strict=True):
        torch.testing.assert_close(ours, other)
    targets = [torch.zeros(2, *value.shape[1:], dtype=torch.int64) for value in spec.graph.outputs.values()]

    def step() -> torch.Tensor:
        losses = [F.cross_entropy(each, target) for each, target in zip(outputs(), targets, strict=True)]
        return torch.stack(losses).sum() if len(losses) > 1 else losses[0]

    kept, _ = kept_storages(network, step, (words, *states, *targets))
    assert memory(spec, batch=2).kept == sum(kept.values())


def test_an_encoder_hands_its_states_to_a_decoder() -> None:
    spec = api.loads("""netspec: 1
name: translator
inputs: {source: [7, 6], target: [5, 6]}
layers:
  - {lstm: 8, from: source, states: true, to: [read, hidden, cell]}
  - {lstm: 8, from: [target, hidden, cell], name: decoder}
  - {linear: 4}
""")
    network = api.compile(spec)
    source, target = torch.randn(2, 7, 6), torch.randn(2, 5, 6)
    assert network(source, target).shape == (2, 5, 4)
    assert not torch.equal(network(source, target), network(source + 1, target))
    assert "= self.lstm1(source)" in api.generate(spec)


@pytest.mark.parametrize(
    ("entry", "code", "said"),
    [
        ("{lstm: 3, from: [words, right]}", "NS0309", "takes 2 initial states, or none"),
        ("{gru: 3, from: [words, right, right]}", "NS0309", ""),
        ("{gru: 3, from: [words, wrong]}", "NS0304", "[1, 3]: a state for each layer and direction"),
        ("{gru: 3, from: [words, right], bidirectional: true}", "NS0304", "[2, 3]: a state"),
        ("{gru: 3, from: words, to: [a, b]}", "NS0506", "`to` names 2 results"),
    ],
)
def test_states_that_do_not_fit_are_refused(entry: str, code: str, said: str) -> None:
    spec = f"netspec: 1\nname: net\ninputs: {{words: [4, 6], right: [1, 3], wrong: [1, 4]}}\nlayers:\n  - {entry}\n"
    with pytest.raises(NetspecError) as caught:
        api.elaborate(api.loads(spec))
    found = caught.value.diagnostics[0]
    assert (found.code.number, found.span and found.span.line) == (code, 5)
    assert said in f"{found.message} {found.expected}"
