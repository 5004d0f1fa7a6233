"""`netspec stages`: VGG's configurations beside each other, as table 1 of the paper prints them."""

import csv
import io
import json
from pathlib import Path

import pytest

from netspec.report.writers import formats

VGG = {
    "vgg11": ["64", "M", "128", "M", "256 256", "M", "512 512", "M", "512 512", "M"],
    "vgg11_lrn": ["64 LRN", "M", "128", "M", "256 256", "M", "512 512", "M", "512 512", "M"],
    "vgg13": ["64 64", "M", "128 128", "M", "256 256", "M", "512 512", "M", "512 512", "M"],
    "vgg16c": ["64 64", "M", "128 128", "M", "256 256 1-256", "M", "512 512 1-512", "M", "512 512 1-512", "M"],
    "vgg16": ["64 64", "M", "128 128", "M", "256 256 256", "M", "512 512 512", "M", "512 512 512", "M"],
    "vgg19": ["64 64", "M", "128 128", "M", "256 256 256 256", "M", "512 512 512 512", "M", "512 512 512 512", "M"],
}
"""Columns A, A-LRN, B, C, D and E of table 1, Simonyan and Zisserman, 2015; a number is conv3- so many, M a maxpool."""
WEIGHT_LAYERS = [11, 11, 13, 16, 16, 19]
MILLIONS = [133, 133, 133, 134, 138, 144]
"""Its table 2."""


def word(text: str) -> str:
    return {"M": "maxpool", "LRN": "LRN"}.get(text) or (f"conv{text}" if "-" in text else f"conv3-{text}")


def test_vgg_s_configurations_come_out_as_the_paper_prints_them(netspec):
    code, out, _ = netspec("stages", *VGG, "--format", "csv")
    assert code == 0
    head, *rows = csv.reader(io.StringIO(out))
    assert head == ["maps", *VGG]
    *layers, depths, params = rows
    for at, column in enumerate(VGG.values(), 1):
        wanted = [word(text) for stage in column for text in stage.split()]
        assert [row[at] for row in layers if row[at]] == [*wanted, "FC-4096", "FC-4096", "FC-1000"]
    starts = [(row[0], row[1]) for row in layers if row[0]]
    assert starts == [
        ("224x224", "conv3-64"),
        *((size, "maxpool") for size in ("112x112", "56x56", "28x28", "14x14", "7x7")),
        ("vectors", "FC-4096"),
    ]
    assert depths == ["weight layers", *map(str, WEIGHT_LAYERS)]
    assert [round(int(each) / 1e6) for each in params[1:]] == MILLIONS


def test_the_table_s_lines_stand_at_one_height(netspec):
    _, out, _ = netspec("stages", "vgg11", "vgg19")
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in out.splitlines() if line.startswith("│")]
    at = next(at for at, row in enumerate(rows) if row[0] == "56x56")
    conv = "conv3-256"
    assert [row[1:] for row in rows[at : at + 5]] == [["maxpool"] * 2, [conv] * 2, [conv] * 2, ["", conv], ["", conv]]
    assert rows[-1] == ["params", "132,863,336", "143,667,240"]


def test_blocks_that_follow_each_other_are_told_once(netspec):
    _, out, _ = netspec("stages", "resnet50", "--format", "csv")
    column = [row[1] for row in csv.reader(io.StringIO(out))]
    at = column.index("3 x (conv1-128")  # the first block of the stage has a projection besides
    assert column[at : at + 3] == ["3 x (conv1-128", "conv3-128", "conv1-512)"]


def test_networks_of_other_sizes_stand_in_rows_of_their_own(netspec):
    _, out, _ = netspec("stages", "lenet", "alexnet", "--format", "csv")
    _, *rows = csv.reader(io.StringIO(out))
    assert ["28x28", "conv5-6", ""] in rows
    assert ["55x55", "", "conv11-96 / s4"] in rows
    assert ["vectors", "FC-120", "FC-4096"] in rows


def test_a_spec_that_is_wrong_hides_no_other(netspec):
    Path("bad.yaml").write_text("netspec: 1\nname: bad\ninput: [1, 4, 4]\nlayers: [{conv: 1, kernel: 9}]\n")
    code, out, err = netspec("stages", "lenet", "bad.yaml", "nowhere")
    assert code == 1
    assert "conv5-16" in out
    assert "NS0302" in err
    assert "NS0901" in err
    code, out, _ = netspec("stages", "bad.yaml", "lenet", "--format", "json")
    assert code == 1
    wrong, right = json.loads(out)
    assert wrong["diagnostics"]
    assert right["stages"][0] == {"maps": "28x28", "layers": ["conv5-6"]}


@pytest.mark.parametrize("form", formats())
def test_every_format(netspec, form):
    code, out, err = netspec("stages", "lenet", "mobilenet_v1", "--format", form)
    assert (code, err) == (0, "")
    assert "conv dw3-32" in out
    assert "avgpool" in out
