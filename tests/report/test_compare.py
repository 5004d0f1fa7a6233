"""`netspec compare`: its figures are summary's, its rows are told apart, a broken spec hides none."""

import csv
import io
import json
import re
from pathlib import Path

import pytest

from netspec import api
from netspec.analysis import analyze
from netspec.report.compare import Entrant, comparison, ordered
from netspec.report.figures import FIGURES, SETS, Subject, extent
from netspec.report.numbers import compact
from netspec.report.page import Page
from netspec.report.writers import written
from tests.analysis.builder import Dense, Net, Opaque, lenet


def unknown() -> Subject:
    net = Net(8, name="opaque")
    net.add(Dense(out=8), "fc")
    net.add(Opaque(), "black_box")
    return Subject(analyze(net.graph()))


def test_figures_are_the_summary_s(netspec):
    _, out, _ = netspec("compare", "lenet", "resnet18", "--columns", "all", "--format", "json")
    names = {"activations": "activation_bytes", "depth": "weight_layers"}
    for record in json.loads(out):
        _, summary, _ = netspec("summary", record["spec"], "--format", "json")
        totals = json.loads(summary)["totals"]
        for figure in set(FIGURES) - {"receptive_field", "operations", "memory"}:
            assert record[figure] == totals[names.get(figure, figure)], figure


@pytest.mark.parametrize(("name", "size"), [("vgg16", [212, 212]), ("alexnet", [195, 195]), ("mlp", "global")])
def test_the_receptive_field_is_the_largest_before_everything_is_seen(netspec, name, size):
    _, out, _ = netspec("compare", name, "--columns", "receptive_field", "--format", "json")
    assert json.loads(out) == [{"spec": name, "name": name, "receptive_field": size}]


TWO_SIZES = """\
netspec: 1
name: two
inputs: {one: [3, 32, 32], other: [3, 16, 16]}
layers:
  - {conv: 4, kernel: 3, from: one, name: first}
  - {conv: 4, kernel: 3, from: other, name: second}
  - {global_avg_pool, from: first, name: one_mean}
  - {global_avg_pool, from: second, name: other_mean}
  - {concat: [one_mean, other_mean]}
"""


def test_a_receptive_field_that_is_unknown_is_not_global(netspec):
    Path("two.yaml").write_text(TWO_SIZES)
    _, data, _ = netspec("compare", "two.yaml", "--columns", "receptive_field", "--format", "json")
    _, text, _ = netspec("compare", "two.yaml", "--columns", "receptive_field", "--format", "csv")
    assert json.loads(data)[0]["receptive_field"] is None
    assert text == "name,receptive_field\ntwo,unknown\n"


RECIPE = "train: {data: {mnist: , batch_size: 8}, epochs: 1, loss: cross_entropy, optimizer: {adam: 1e-3}}\n"


@pytest.mark.parametrize("recipe", ["", RECIPE])
def test_memory_is_what_the_command_memory_says(netspec, recipe):
    Path("mine.yaml").write_text(re.sub(r"\ntrain:.*", "\n", api.zoo_text("lenet"), flags=re.DOTALL) + recipe)
    _, out, _ = netspec("compare", "mine.yaml", "--columns", "memory", "--format", "json")
    _, memory, _ = netspec("memory", "mine.yaml", "--format", "json")
    told = json.loads(memory)
    assert told["optimizer"] == ("adam" if recipe else "sgd")
    assert json.loads(out)[0]["memory"] == told["training_peak"]
    text = Path("mine.yaml").read_text()
    for limit, code in ((f"{told['training_peak']}B", 0), (f"{told['training_peak'] - 1}B", 1)):
        Path("limited.yaml").write_text(f"{text}budget: {{memory: <= {limit}}}\n")
        assert netspec("check", "limited.yaml")[0] == code


def test_with_a_wrong_recipe_memory_is_unknown(netspec):
    Path("mine.yaml").write_text(api.zoo_text("lenet5_1998").partition("\ntrain:")[0] + "\ntrain: {optimizer: none}\n")
    _, out, _ = netspec("compare", "mine.yaml", "--columns", "memory,operations,params", "--format", "csv")
    assert out.split("\n")[1] == "lenet5_1998,unknown,unknown,60000"


def test_the_lectures_table(netspec):
    _, out, _ = netspec("compare", "lenet5_1998", "--columns", "size", "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(out))
    assert row == {
        "name": "lenet5_1998",
        "units": "8094",
        "hidden_units": "8084",
        "params": "60000",
        "connections": "340908",
        "operations": str(340908 * 60000 * 12),
    }


def test_operations_without_a_recipe_are_unknown(netspec):
    _, out, _ = netspec("compare", "resnet18", "--columns", "operations", "--format", "csv")
    assert out == "name,operations\nresnet18,unknown\n"


def test_a_broken_spec_hides_no_other(netspec):
    Path("faulty_a.yaml").write_text("netspec: 1\nname: faulty\ninput: [1, 8, 8]\nlayers: [rellu]\n")
    code, out, err = netspec("compare", "lenet", "faulty_a.yaml", "nowhere", "mlp")
    assert code == 1
    assert "│ lenet " in out
    assert "│ mlp " in out
    assert "faulty" not in out
    assert "NS0204" in err
    assert "NS0901" in err
    assert err.endswith("\n2 errors\n")
    code, out, err = netspec("compare", "lenet", "faulty_a.yaml", "--format", "json")
    records = json.loads(out)
    assert (code, err, records[0]["params"]) == (1, "", 61706)
    assert [d["code"] for d in records[1]["diagnostics"]] == ["NS0204"]


def test_rows_are_sorted(netspec):
    def names(order: str) -> list[str]:
        _, out, _ = netspec("compare", "lenet", "resnet18", "mlp", "--sort", order, "--format", "csv")
        return [row["name"] for row in csv.DictReader(io.StringIO(out))]

    assert names("params") == ["lenet", "mlp", "resnet18"]
    assert names("-params") == ["resnet18", "mlp", "lenet"]
    assert names("name") == ["lenet", "mlp", "resnet18"]


@pytest.mark.parametrize("descending", [False, True])
def test_what_is_unknown_comes_last(descending):
    known = Entrant("lenet", Subject(analyze(lenet((1, 64, 64)))))
    other = Entrant("opaque", unknown())
    assert ordered([other, known], "macs", descending=descending) == [known, other]


def test_an_unknown_column_is_met_with_the_nearest(netspec):
    code, _, err = netspec("compare", "lenet", "--columns", "parms")
    assert (code, "did you mean `params`?" in err) == (2, True)
    code, _, err = netspec("compare", "lenet", "--sort", "-macz")
    assert (code, "did you mean `macs`?" in err) == (2, True)


def test_settings_and_inputs(netspec):
    args = ("--set", "classes=10", "--input", "3x64x64", "--columns", "params,macs", "--format", "csv")
    _, out, _ = netspec("compare", "resnet18", *args)
    _, summary, _ = netspec("summary", "resnet18", *args[:4], "--format", "json")
    totals = json.loads(summary)["totals"]
    assert out == f"name,params,macs\nresnet18,{totals['params']},{totals['macs']}\n"


def test_markdown(netspec):
    _, out, _ = netspec("compare", "lenet", "mlp", "--columns", "params,macs", "--format", "markdown")
    assert out.startswith(
        "| Network | Params | MACs |\n| --- | ---: | ---: |\n| `lenet` | 61,706 | 416,520 |\n| `mlp` "
    )


def test_numbers_are_rounded_where_the_page_is_narrow():
    entrants = [Entrant("a", Subject(analyze(lenet((1, 64, 64))))), Entrant("b", unknown())]
    wide, narrow = (written(comparison(entrants, SETS["default"]), "text", Page(width)) for width in (120, 40))
    params = analyze(lenet((1, 64, 64))).weights.total.params
    assert f"{params:,}" in wide
    assert f"{params:,}" not in narrow
    assert compact(params) in narrow
    assert "unknown" in narrow


@pytest.mark.parametrize("width", [30, 60, 79, 200])
def test_columns_without_room_are_left_out_and_named_on_a_terminal_alone(width):
    entrants = [Entrant("a", Subject(analyze(lenet((1, 64, 64))))), Entrant("b", unknown())]
    text = written(comparison(entrants, SETS["all"]), "text", Page(width))
    table, _, foot = text.partition("\n\n")
    assert max(map(len, text.splitlines())) <= width
    assert ("Left out for want of width:" in foot) == ("Operations" not in table) == (width < 200)
    piped = written(comparison(entrants, SETS["all"]), "text", Page(width, fixed=False))
    assert "Operations" in piped.partition("\n\n")[0]


def test_two_files_of_one_network_are_told_apart(netspec):
    Path("mine.yaml").write_text(api.zoo_text("lenet"))
    _, out, _ = netspec("compare", "lenet", "mine.yaml", "--columns", "params")
    assert "│ lenet " in out
    assert "│ mine.yaml " in out


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (999, "999"), (61_706, "61,706"), (999_499, "999 K"), (999_999, "1.00 M"), (25_557_032, "25.6 M")],
)
def test_compact_numbers(number, text):
    assert compact(number) == text


@pytest.mark.parametrize(("sizes", "text"), [((7, 7), "7"), ((3, 5), "3x5"), ((), "global"), (None, "unknown")])
def test_extents(sizes, text):
    assert extent(sizes) == text
