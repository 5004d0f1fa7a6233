"""`netspec diff` as it is called."""

import json
from pathlib import Path

from netspec import api


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
    assert "  2 of another shape: fc, such as fc.weight, which is [1000, 512] and should be\n    [10, 512]\n" in out


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


def told(out: str) -> list[str]:
    """The sentences between the heading and the totals, each in one line."""
    text = out.split("\n\n")[1].replace("\n    ", " ")
    return [sentence.strip() for sentence in text.split("\n")]


def test_very_different_networks_are_told_in_short(netspec):
    short = told(netspec("diff", "googlenet", "unet")[1])
    every = told(netspec("diff", "googlenet", "unet", "--all")[1])
    assert short[0] == every[0] == "32 layers added, 153 removed, 5 changed, 0 as before"
    assert (
        "inception_3a to inception_5b: 9 inception blocks of 126 layers removed (-5.85 M params, -1.10 G MACs)" in short
    )
    assert "inception_4b: inception block of 14 layers removed (-449 K params, -87.9 M MACs)" in every
    assert len(every) > 25
    assert len(short) <= 5 + 1 + 12


def test_the_counts_are_those_of_the_layers(netspec):
    before, after = (api.load(name).graph.nodes for name in ("googlenet", "unet"))
    assert len(after) == 32 + 5
    assert len(before) == 153 + 5


def test_the_smallest_of_many_changes_are_left_out(netspec):
    for name, slope in (("a", 1), ("b", 3)):
        layers = [f"  - {{linear: {10 + slope * at * at}, name: fc{at}}}\n" for at in range(1, 21)]
        Path(f"{name}.yaml").write_text("netspec: 1\nname: n\ninput: [10]\nlayers:\n" + "".join(layers))
    short, every = (told(netspec("diff", "a.yaml", "b.yaml", *more)[1]) for more in ((), ("--all",)))
    assert short[0] == every[0] == "20 layers changed, 0 as before"
    assert len([each for each in every if each.startswith("fc")]) == 20
    assert len([each for each in short if each.startswith("fc")]) == 12
    assert short[-1].startswith("and 8 more changes (+")
    assert short[-1].endswith("; --all tells them")
    assert set(short[:-1]) < set(every)


def test_json_has_everything(netspec):
    record = json.loads(netspec("diff", "googlenet", "unet", "--format", "json")[1])
    assert sum("inception" in change["text"] for change in record["changes"]) >= 9
