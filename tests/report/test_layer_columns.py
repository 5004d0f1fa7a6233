"""`summary --columns`: MobileNet's table 1 as its paper prints it, and figures that are those of JSON."""

import csv
import io
import json
import re
from pathlib import Path

import pytest

from netspec.analysis import analyze
from netspec.report.layer_columns import LAYER_COLUMNS
from netspec.report.repeats import repeats
from netspec.report.summary import summary
from netspec.report.writers import formats, written
from tests.analysis.builder import Dense, Net, Opaque

MOBILENET = """\
Conv / s2 | 3 x 3 x 3 x 32 | 224 x 224 x 3
Conv dw / s1 | 3 x 3 x 32 dw | 112 x 112 x 32
Conv / s1 | 1 x 1 x 32 x 64 | 112 x 112 x 32
Conv dw / s2 | 3 x 3 x 64 dw | 112 x 112 x 64
Conv / s1 | 1 x 1 x 64 x 128 | 56 x 56 x 64
Conv dw / s1 | 3 x 3 x 128 dw | 56 x 56 x 128
Conv / s1 | 1 x 1 x 128 x 128 | 56 x 56 x 128
Conv dw / s2 | 3 x 3 x 128 dw | 56 x 56 x 128
Conv / s1 | 1 x 1 x 128 x 256 | 28 x 28 x 128
Conv dw / s1 | 3 x 3 x 256 dw | 28 x 28 x 256
Conv / s1 | 1 x 1 x 256 x 256 | 28 x 28 x 256
Conv dw / s2 | 3 x 3 x 256 dw | 28 x 28 x 256
Conv / s1 | 1 x 1 x 256 x 512 | 14 x 14 x 256
5 x ( | Conv dw / s1 | 3 x 3 x 512 dw | 14 x 14 x 512
) | Conv / s1 | 1 x 1 x 512 x 512 | 14 x 14 x 512
Conv dw / s2 | 3 x 3 x 512 dw | 14 x 14 x 512
Conv / s1 | 1 x 1 x 512 x 1024 | 7 x 7 x 512
Conv dw / s1 | 3 x 3 x 1024 dw | 7 x 7 x 1024
Conv / s1 | 1 x 1 x 1024 x 1024 | 7 x 7 x 1024
Avg Pool / s1 | Pool 7 x 7 | 7 x 7 x 1024
FC / s1 | 1024 x 1000 | 1 x 1 x 1024
"""
"""Table 1 of Howard et al., 2017, without its softmax. It prints s2 in the last row but three, from 7 x 7 to 7 x 7."""


def rows(text: str, border: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith(border)]
    return [[cell.strip() for cell in line.strip(border).split(border)] for line in lines]


def paper() -> list[list[str]]:
    lines = [line.split(" | ") for line in MOBILENET.splitlines()]
    return [line if len(line) == 4 else ["", *line] for line in lines]


def test_mobilenet_s_table_comes_out_as_its_paper_prints_it(netspec):
    code, out, _ = netspec("summary", "mobilenet_v1", "--columns", "paper")
    assert code == 0
    assert rows(out, "│") == paper()
    assert [cell.strip() for cell in out.splitlines()[2].split("┃")] == [
        "", "", "Type / Stride", "Filter Shape", "Input Size", "",
    ]  # fmt: skip


def test_it_does_so_in_markdown_and_latex_with_signs_of_multiplication(netspec):
    def latex(cell: str) -> str:
        box = re.fullmatch(r"(Pool )?(\d+(?: x \d+)+)( dw)?", cell)
        if box is None:
            return cell
        before, sizes, after = (r"\mathrm{Pool}\ ", box[2].replace("x", r"\times"), r"\ \mathrm{dw}")
        return f"${before if box[1] else ''}{sizes}{after if box[3] else ''}$"

    wanted = [[latex(cell) for cell in row] for row in paper()]
    _, markdown, _ = netspec("summary", "mobilenet_v1", "--columns", "paper", "--format", "markdown")
    assert [line.strip("|").split("|") for line in markdown.splitlines() if line.startswith("|")][2:23] == [
        [f" {cell} " for cell in row] for row in wanted
    ]
    _, source, _ = netspec("summary", "mobilenet_v1", "--columns", "paper", "--format", "latex")
    body = source.split(r"\midrule")[1].split(r"\bottomrule")[0].strip("\n").splitlines()
    assert [line.removesuffix(r" \\").split(" & ") for line in body] == wanted


def test_a_spreadsheet_has_a_row_for_each_layer(netspec):
    _, out, _ = netspec("summary", "mobilenet_v1", "--columns", "paper", "--format", "csv")
    head, *found = csv.reader(io.StringIO(out))
    assert head == ["step", "filter", "input_size"]
    block = [["", *row[1:]] for row in paper()[13:15]]
    wanted = [row[1:] for row in [*paper()[:13], *block * 5, *paper()[15:]]]
    assert [[cell.replace(" x ", "x") for cell in row] for row in wanted] == found


def test_the_figures_are_those_of_json(netspec):
    _, text, _ = netspec("summary", "resnet18", "--columns", "all", "--format", "csv")
    _, data, _ = netspec("summary", "resnet18", "--format", "json")
    found, layers = list(csv.DictReader(io.StringIO(text))), json.loads(data)["layers"]
    assert len(found) == len(layers)
    same = ("op", "type", "params", "trainable_params", "buffers", "macs", "units", "connections", "line")
    for row, layer in zip(found, layers, strict=True):
        assert [row[name] for name in same] == [str(layer[name]) for name in same]
        assert row["output"] == "x".join(map(str, layer["output_shape"]))
        assert (row["name"], row["bytes"]) == (layer["key"], str(layer["activation_bytes"]))
        if layer["receptive_field"]:
            assert row["field"] == "x".join(map(str, layer["receptive_field"]["size"]))


@pytest.mark.parametrize("form", [form for form in formats() if form != "json"])
def test_columns_in_every_format(netspec, form):
    code, out, err = netspec("summary", "lenet", "--columns", "name,kernel,stride,padding,field", "--format", form)
    assert (code, err) == (0, "")
    assert "conv2" in out
    assert "macs" not in out.splitlines()[0].lower()


def test_layers_are_named_in_full_and_none_is_left_out_where_they_are_named(netspec):
    _, out, _ = netspec("summary", "resnet18", "--columns", "name,kernel,stride,padding,input,output,jump")
    assert ["layer2.0.conv1", "3", "2", "1", "(None, 64, 56, 56)", "(None, 128, 28, 28)", "8"] in rows(out, "│")
    assert len(rows(out, "│")) == len(json.loads(netspec("summary", "resnet18", "--format", "json")[1])["layers"])


def test_an_unknown_figure_is_unknown():
    net = Net(8)
    net.add(Dense(out=8), "fc")
    net.add(Opaque(), "box")
    found = summary(analyze(net.graph()), names=("name", "params", "macs", "field"))
    assert written(found, "csv").splitlines()[2] == "box,0,unknown,"  # there are no axes along which it would see


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("kernal", "did you mean `kernel`?"),
        ("name,,params", "there is no column ''"),
        ("colour", ", ".join(LAYER_COLUMNS)[:20]),
    ],
)
def test_an_unknown_column_is_answered_with_the_nearest(netspec, given, told):
    code, _, err = netspec("summary", "lenet", "--columns", given)
    assert code == 2
    assert told in " ".join(err.split())


@pytest.mark.parametrize("others", [("--format", "json"), ("--depth", "1")])
def test_columns_go_with_a_table_of_layers_alone(netspec, others):
    code, _, err = netspec("summary", "lenet", "--columns", "name", *others)
    assert code == 2
    assert "--columns" in err


def test_a_broken_spec_has_the_columns_of_what_comes_before(netspec):
    Path("broken.yaml").write_text(
        "netspec: 1\nname: b\ninput: [1, 8, 8]\nlayers: [{conv: 2, kernel: 3}, {conv: 2, kernel: 9}]\n"
    )
    code, out, err = netspec("summary", "broken.yaml", "--columns", "step,filter")
    assert code == 1
    assert rows(out, "│") == [["Conv / s1", "3 x 3 x 1 x 2"]]
    assert "NS0302" in err


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("abc", [(0, 1, 1), (1, 1, 1), (2, 1, 1)]),
        ("aab", [(0, 1, 2), (2, 1, 1)]),
        ("xababab", [(0, 1, 1), (1, 2, 3)]),
        ("abcabcab", [(0, 3, 2), (6, 1, 1), (7, 1, 1)]),
    ],
)
def test_repeats_are_found(text, found):
    assert list(repeats(text)) == found
