import csv
import io
import json

from netspec.analysis import analyze
from netspec.report.numbers import View
from netspec.report.summary import summary
from netspec.report.writers import written
from tests.analysis.builder import Dense, Net, Opaque, Sealed, lenet, residual_net

SUMMED = ("params", "trainable_params", "buffers", "macs", "units", "connections", "activation_bytes")


def shown(form, analysis, view=None) -> str:
    return written(summary(analysis, view), form)


def test_json_keeps_its_contract():
    record = json.loads(shown("json", analyze(lenet())))
    assert list(record)[:3] == ["name", "inputs", "outputs"]
    assert record["inputs"] == {"input": [1, 14, 14]}
    assert record["outputs"] == {"output": [10]}
    first = record["layers"][0]
    assert {key: first[key] for key in first if key not in ("key", "output_shapes", "op", "line")} == {
        "path": "conv1",
        "type": "Conv2d",
        "inputs": ["input"],
        "output_shape": [6, 10, 10],
        "activation": None,
        "params": 156,
        "trainable_params": 156,
        "buffers": 0,
        "macs": 15000,
        "units": 600,
        "connections": 15600,
        "activation_bytes": 2400,
        "receptive_field": {"size": [5, 5], "stride": [1, 1], "start": [0, 0]},
        "smallest_receptive_field": {"size": [5, 5], "stride": [1, 1], "start": [0, 0]},
        "sees": ["window", "window"],
        "training_only": False,
        "per_region": False,
    }
    assert record["layers"][-1]["receptive_field"] is None
    contract = (
        "params trainable_params non_trainable_params buffers macs flops units hidden_units connections "
        "weight_layers param_bytes activation_bytes"
    )
    assert set(contract.split()) <= set(record["totals"])
    for name in SUMMED:
        assert sum(layer[name] for layer in record["layers"]) == record["totals"][name]


def test_json_says_unknown_as_null():
    net = Net(8)
    net.add(Opaque(), "black_box")
    totals = json.loads(shown("json", analyze(net.graph())))["totals"]
    assert (totals["macs"], totals["flops"]) == (None, None)


def test_json_of_a_network_without_layers():
    assert json.loads(shown("json", analyze(Net(3).graph())))["layers"] == []


def test_csv_columns_sum_to_the_totals():
    found = analyze(residual_net())
    rows = list(csv.DictReader(io.StringIO(shown("csv", found))))
    assert [row["path"] for row in rows][:2] == ["layer1.0.conv1", "layer1.0.bn1"]
    assert rows[2]["inputs"] == "input layer1.0.bn1"
    assert rows[0]["output_shape"] == "4x8x8"
    totals = json.loads(shown("json", found))["totals"]
    for name in SUMMED:
        assert sum(int(row[name]) for row in rows) == totals[name]


def test_csv_says_unknown():
    net = Net(8)
    net.add(Opaque(), "black_box")
    (row,) = csv.DictReader(io.StringIO(shown("csv", analyze(net.graph()))))
    assert row["macs"] == "unknown"


def test_markdown_names_layers_by_their_whole_paths():
    text = shown("markdown", analyze(residual_net()), View(channels_last=True, depth=2))
    assert "| `layer1.0` | bottleneck | (None, 8, 8, 4) | 28 | 1,024 |\n" in text
    assert "| Total params | 2,626 (10.26 KB) |\n" in text
    assert "| `layer1` |" not in text


def test_markdown_escapes_its_mark():
    net = Net(8)
    net.add(Dense(out=8), "fc1")
    net.add(Dense(out=4), "aux", training_only=True)
    text = shown("markdown", analyze(net.graph()))
    assert "| `aux` \\* | Linear |" in text
    assert "- \\* runs in training only" in text


def test_unknown_weights_in_every_format():
    net = Net(8)
    net.add(Sealed(), "black_box")
    found = analyze(net.graph())
    record = json.loads(shown("json", found))
    assert (record["layers"][0]["params"], record["totals"]["params"]) == (None, None)
    assert (record["totals"]["trainable_params"], record["totals"]["param_bytes"]) == (None, None)
    assert "| `black_box` | Sealed | (None, 8) | unknown | unknown |\n" in shown("markdown", found)
    assert " Total params: unknown\n" in shown("text", found)
    (row,) = csv.DictReader(io.StringIO(shown("csv", found)))
    assert (row["params"], row["buffers"]) == ("unknown", "unknown")
