"""What `diff` says of weights is what loading them does."""

import itertools

import pytest

from netspec import api
from netspec.diagnostics import NetspecError
from netspec.interop.prediction import predict

torch = pytest.importorskip("torch")

TIED = """netspec: 1
name: tied
input: [4]
layers:
  - {linear: 4, bias: false, name: a}
  - {linear: 4, bias: false, name: b, tie: {weight: a.weight}}
"""
PLAIN = TIED.replace(", tie: {weight: a.weight}", "").replace("tied", "plain")
RULES = PLAIN.replace("name: a}", "name: x}") + "weights: {names: {plain: {a: x}}}\n"
WIDE = PLAIN.replace("linear: 4, bias: false, name: b", "linear: 5, bias: false, name: b")
SQUEEZED = """netspec: 1
name: squeezed
input: [4, 1, 1]
layers:
  - {conv: 4, kernel: 1, bias: false, name: a}
  - {conv: 4, kernel: 1, bias: false, name: b}
"""
SPECS = [TIED, PLAIN, RULES, WIDE, SQUEEZED]


@pytest.mark.parametrize(("before", "after"), list(itertools.product(SPECS, SPECS)))
def test_it_is_what_loading_does(before, after, tmp_path):
    one, other = api.loads(before), api.loads(after)
    torch.manual_seed(0)
    file = tmp_path / f"{one.name}.pt"
    torch.save(api.compile(one).state_dict(), file)
    network = api.compile(other)
    if "names" in after:  # rules are chosen by the original's name, which a file does not bear
        other = api.loads(after.replace("plain: {", '"*": {'))
    foretold = predict(one.graph, other.graph, other.document.weights)
    try:
        done = api.load_weights(network, file, other, partial=True)
    except NetspecError as error:  # nothing fits, not even in part
        done = error.partial
        assert not any(each.state == "loaded" for each in foretold.tensors)
    assert [(each.name, each.original, each.state) for each in foretold.tensors] == [
        (each.name, each.original, each.state) for each in done.tensors
    ]
    assert foretold.rules == done.rules


def test_resnets(tmp_path):
    one, other = api.load("resnet18"), api.load("resnet34")
    file = tmp_path / "resnet18.pt"
    torch.save(api.compile(one).state_dict(), file)
    done = api.load_weights(api.compile(other), file, other, partial=True)
    foretold = predict(one.graph, other.graph, other.document.weights)
    assert [(each.name, each.state) for each in foretold.tensors] == [(each.name, each.state) for each in done.tensors]
