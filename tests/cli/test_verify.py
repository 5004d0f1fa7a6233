"""`netspec verify`, and the options that take weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from netspec import api
from tests.interop.networks import SPEC, compiled, reference


@pytest.fixture
def netspec(netspec: Any) -> Any:
    """Runs a command in a folder with a spec and its reference; gives exit code, standard output and error stream."""
    Path("small.yaml").write_text(SPEC)
    reference(Path())
    return netspec


AGREED = """\
Model: "small"  against  reference.py:Reference
┏━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━┳━━━━━━━━━━━┳━━━━━━━━━━━━┳━━━━━━━━━━━┓
┃ Compared           ┃ Spec   ┃ Reference ┃ Difference ┃ Result    ┃
┡━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━╇━━━━━━━━━━━╇━━━━━━━━━━━━╇━━━━━━━━━━━┩
│ parameters         │ 373    │ 373       │            │ equal     │
│ MACs               │ 10,398 │ 10,398    │            │ equal     │
│ tensors            │ 10     │ 10        │            │ equal     │
│ outputs            │        │           │          0 │ bit-equal │
│ gradients          │        │           │          0 │ bit-equal │
│ training outputs   │        │           │          0 │ bit-equal │
│ training gradients │        │           │          0 │ bit-equal │
│ running statistics │        │           │          0 │ bit-equal │
│ random draws       │ 1      │ 1         │          0 │ bit-equal │
│ operations         │        │           │            │ equal     │
│ settings           │        │           │            │ equal     │
└────────────────────┴────────┴───────────┴────────────┴───────────┘
 They agree, bit for bit.
"""


def test_what_agrees(netspec: Any) -> None:
    assert netspec("verify", "small.yaml", "--against", "reference.py:Reference") == (0, AGREED, "")


def test_what_differs_ends_with_1(netspec: Any, tmp_path: Path) -> None:
    reference(tmp_path, "BatchNorm2d(4)", "BatchNorm2d(4, eps=1e-3)")
    code, out, err = netspec("verify", "small.yaml", "--against", "reference.py:Reference")
    assert (code, err) == (1, "")
    assert "They differ: outputs, first in `output`" in out
    text = " ".join(out.split())
    assert "they first differ in `bn1` (small.yaml:6:5), which is fed alike" in text
    assert "eps=0.001" in text
    assert max(map(len, out.splitlines())) <= 80


def test_json(netspec: Any) -> None:
    code, out, _ = netspec("verify", "small.yaml", "--against", "reference.py:Reference", "--format", "json")
    record = json.loads(out)
    assert (code, record["agrees"], record["name"], record["seed"]) == (0, True, "small", 0)
    code, out, _ = netspec(
        "verify", "small.yaml", "--against", "reference.py:Reference", "--with", "classes=7", "--format", "json"
    )
    record = json.loads(out)
    assert (code, record["agrees"]) == (1, False)
    assert record["tensors"][0] == {
        "ours": "fc.weight",
        "theirs": "fc.weight",
        "our_shape": [5, 6],
        "their_shape": [7, 6],
    }


def test_its_options(netspec: Any) -> None:
    given = ["--input", "3x12x10", "--batch", "3", "--seed", "7", "--tolerance", "1e-3", "--format", "json"]
    code, out, _ = netspec("verify", "small.yaml", "--against", "reference.py:Reference", *given)
    record = json.loads(out)
    assert code == 0
    assert (record["batch"], record["seed"], record["tolerance"]) == (3, 7, 1e-3)
    assert record["checks"][1]["ours"] == record["checks"][1]["theirs"] != 10_398


@pytest.mark.parametrize("tolerance", ["nan", "inf", "-1"])
def test_a_tolerance_is_a_finite_number(netspec: Any, tolerance: str) -> None:
    code, out, err = netspec("verify", "small.yaml", "--against", "reference.py:Reference", "--tolerance", tolerance)
    assert (code, out) == (2, "")
    assert "--tolerance" in err


def test_faults_of_the_reference_show_its_line(netspec: Any) -> None:
    Path("own.py").write_text("def net():\n    return undefined\n")
    code, out, err = netspec("verify", "small.yaml", "--against", "own.py:net")
    assert (code, out) == (3, "")
    assert err.startswith("error[NS0908]: `net` of own.py fails: NameError")
    assert " --> own.py:2:12\n" in err
    assert "2 |     return undefined\n" in err


def test_trained_weights(netspec: Any) -> None:
    torch.save(compiled(3).state_dict(), "w.pt")
    given = ["verify", "small.yaml", "--against", "reference.py:Reference", "--weights", "w.pt"]
    assert netspec(*given)[0] == 0
    state = dict(compiled(3).state_dict())
    state["fc.weight"] = torch.zeros(9, 6)
    torch.save(state, "w.pt")
    code, _, err = netspec(*given)
    assert code == 1
    assert err.startswith("Weights: w.pt (not all fit)\n")
    assert "  mismatched  fc.weight  is [9, 6] and should be [5, 6]\n" in err
    assert "  9 tensors loaded as they are\n" in err
    assert "error[NS0604]: w.pt: the weights are not this network's" in err


DIGITS = """netspec: 1
name: digits_net
input: [1, 8, 8]
layers: [{flatten, name: f}, {linear: 8, activation: relu, name: hidden}, {linear: 10, name: head}]
train: {data: {digits: , batch_size: 256}, loss: cross_entropy, optimizer: {adamw: 1e-9}, epochs: 1}
"""


@pytest.fixture
def digits(netspec: Any) -> Any:
    for package in ("sklearn", "safetensors"):
        pytest.importorskip(package)
    Path("digits.yaml").write_text(DIGITS)
    torch.save({"hidden.weight": torch.ones(8, 64), "hidden.bias": torch.ones(8)}, "part.pt")
    return netspec


def test_training_starts_from_a_part_of_weights(digits: Any) -> None:
    from safetensors.torch import load_file

    code, _, err = digits("train", "digits.yaml", "--weights", "part.pt", "--device", "cpu")
    assert code == 1
    assert "`head.weight` is missing" in err
    assert not Path("runs").exists()
    code, out, err = digits(
        "train", "digits.yaml", "--weights", "part.pt", "--partial", "--device", "cpu", "--out", "r"
    )
    assert (code, "test accuracy" in out) == (0, True)
    assert "  missing  head.weight" in err
    assert torch.allclose(load_file("r/last.safetensors")["hidden.weight"], torch.ones(8, 64), atol=1e-6)
    assert json.loads(Path("r/metrics.json").read_text())["started_from"] == "part.pt"
    code, _, err = digits("train", "digits.yaml", "--weights", "r", "--device", "cpu", "--out", "again")
    assert code == 0
    assert "the run's final weights, last.safetensors" in err


def test_training_starts_from_something_or_not_at_all(digits: Any) -> None:
    torch.save({"other.weight": torch.ones(8, 64)}, "other.pt")
    for weights, said in (("other.pt", "NS0604"), ("", "NS0902")):
        code, _, err = digits("train", "digits.yaml", "--weights", weights, "--partial", "--device", "cpu")
        assert (code != 0, said in err) == (True, True)
        assert not Path("runs").exists()


@pytest.mark.usefixtures("digits")
def test_a_run_says_which_the_default_weights_were() -> None:
    from netspec.driver.recipes import recipe_of
    from netspec.training.spec import Start, network_of

    spec = api.loads(DIGITS + "weights: {source: torchvision:resnet18}\n")
    assert network_of(spec, recipe_of(spec), Start("default")).start == "torchvision:resnet18"


def test_evaluation_reads_other_authors_names(digits: Any) -> None:
    torch.save({"a.weight": torch.zeros(8, 64), "a.bias": torch.zeros(8)}, "part.pt")
    state = {**torch.load("part.pt"), "b.weight": torch.zeros(10, 8), "b.bias": torch.zeros(10)}
    torch.save(state, "w.pt")
    Path("digits.yaml").write_text(DIGITS + "weights: {names: {theirs: {a: hidden, b: head}}}\n")
    code, out, _ = digits("eval", "digits.yaml", "--weights", "w.pt", "--device", "cpu", "--format", "json")
    assert (code, json.loads(out)["weights"]) == (0, "w.pt")
    code, _, err = digits("eval", "digits.yaml", "--weights", "part.pt", "--device", "cpu")
    assert (code, "NS0604" in err) == (1, True)
    code, _, err = digits("eval", "digits.yaml", "--weights", "default", "--device", "cpu")
    assert (code, "NS0605" in err) == (1, True)


def test_partial_goes_with_weights(digits: Any) -> None:
    assert digits("train", "digits.yaml", "--partial")[0] == 2
