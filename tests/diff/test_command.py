"""`netspec diff` as it is called."""

import json
from pathlib import Path

import pytest

from netspec import api
from netspec.cli import run


@pytest.fixture
def netspec(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*args: str):
        code = run(args)
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call


def test_exit_codes(netspec):
    assert netspec("diff", "lenet", "mlp")[0] == 0
    assert netspec("diff", "lenet", "mlp", "--exit-code")[0] == 1
    assert netspec("diff", "lenet", "lenet", "--exit-code")[0] == 0


def test_errors_of_both_are_told(netspec):
    Path("faulty_b.yaml").write_text("netspec: 1\nname: faulty\ninput: [1, 8, 8]\nlayers: [rellu]\n")
    code, out, err = netspec("diff", "faulty_b.yaml", "nowhere")
    assert (code, out) == (1, "")
    assert "NS0204" in err
    assert "NS0901" in err


def test_a_setting_is_that_of_the_second(netspec):
    _, out, _ = netspec("diff", "resnet18", "resnet18", "--set", "classes=10")
    assert "  param classes 1000 -> 10\n  output [1000] -> [10]\n  fc: out 1000 -> 10 (-508 K params" in out
    assert "  2 of another shape: fc\n    such as fc.weight, which is [1000, 512] and should be [10, 512]\n" in out


def test_every_tensor(netspec):
    _, out, _ = netspec("diff", "resnet50", "resnet101", "--tensors")
    shown = out.partition("Weights of resnet50 in resnet101\n")[2].splitlines()
    assert len(shown) == len(api.load("resnet101").graph.state_dict)
    assert shown[0].split() == ["loaded", "conv1.weight"]
    assert any(line.split(maxsplit=2)[:2] == ["missing", "layer3.22.conv3.weight"] for line in shown)


def test_json(netspec):
    _, out, _ = netspec("diff", "resnet50", "resnet101", "--format", "json")
    record = json.loads(out)
    assert record["same"] is False
    assert record["params"] == {"depths": {"before": [3, 4, 6, 3], "after": [3, 4, 23, 3]}}
    (change,) = record["changes"]
    assert (change["kind"], change["counts"]) == ("counted", {"bottleneck": {"before": 6, "after": 23}})
    assert change["params"] == record["after"]["totals"]["params"] - record["before"]["totals"]["params"]
    assert [each["after"] for each in change["members"]][::16] == ["layer3.6", "layer3.22"]
    assert len(record["weights"]["tensors"]) == 626


def test_names_that_differ_alone_are_given_rules(netspec):
    text = api.zoo_text("lenet")
    Path("renamed.yaml").write_text(text.replace("conv1", "first").replace("fc1", "dense"))
    _, out, _ = netspec("diff", "lenet", "renamed.yaml")
    assert "network: renamed conv1 -> first and fc1 -> dense\n" in out
    assert "The shapes agree in order: 2 rules such as `conv1: first` under `weights`" in out
