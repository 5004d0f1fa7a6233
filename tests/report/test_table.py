import re

import pytest

from netspec import api
from netspec.analysis import analyze
from netspec.report.numbers import View, byte_size, shape_text, shapes_text, shorten, shorten_label, shorten_shapes
from netspec.report.page import Page
from netspec.report.summary import summary
from netspec.report.writers import written
from tests.analysis.builder import Dense, Net, Opaque, lenet, residual_net


def shown(graph, view=None, page=None) -> str:
    return written(summary(analyze(graph), view), "text", page)


def test_blocks_nest_and_their_headings_bear_no_figures():
    assert shown(residual_net()).startswith("""\
Model: "residual"
┏━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━┳━━━━━━━━━┳━━━━━━━┓
┃ Layer (type)            ┃ Output Shape    ┃ Param # ┃  MACs ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━╇━━━━━━━━━╇━━━━━━━┩
│ layer1 (2 x bottleneck) │ (None, 4, 8, 8) │         │       │
│   0 (bottleneck)        │ (None, 4, 8, 8) │         │       │
│     conv1 (Conv2d)      │ (None, 4, 8, 8) │      20 │ 1,024 │
│     bn1 (BatchNorm2d)   │ (None, 4, 8, 8) │       8 │     0 │
│     add1 (Add)          │ (None, 4, 8, 8) │       0 │     0 │
│   1 (bottleneck)        │ (None, 4, 8, 8) │         │       │
│     conv1 (Conv2d)      │ (None, 4, 8, 8) │      20 │ 1,024 │
│     bn1 (BatchNorm2d)   │ (None, 4, 8, 8) │       8 │     0 │
│     add1 (Add)          │ (None, 4, 8, 8) │       0 │     0 │
│ flatten1 (Flatten)      │ (None, 256)     │       0 │     0 │
│ fc (Linear)             │ (None, 10)      │   2,570 │ 2,560 │
└─────────────────────────┴─────────────────┴─────────┴───────┘
 Total params: 2,626 (10.26 KB)
 Trainable params: 2,626 (10.26 KB)
 Non-trainable params: 0 (0.00 B)
 Buffers: 18
 MACs: 4,608
 FLOPs: 9,216
 Units: 522 (512 hidden)
 Connections: 5,130
 Weight layers: 3
 Activations: 7.04 KB
""")


@pytest.mark.parametrize(("depth", "rows"), [(1, 3), (2, 5), (3, 11), (9, 11)])
def test_depth_folds_into_one_row_with_summed_counts(depth, rows):
    table = [text for text in shown(residual_net(), View(depth=depth)).splitlines() if text.startswith("│")]
    assert len(table) == rows
    if depth == 1:
        assert table[0] == "│ layer1 (2 x bottleneck) │ (None, 4, 8, 8) │      56 │ 2,048 │"


@pytest.mark.parametrize("depth", [None, 1, 2])
@pytest.mark.parametrize("graph", [lenet(), residual_net()], ids=lambda graph: graph.name)
def test_columns_sum_to_the_totals(graph, depth):
    text = shown(graph, View(depth=depth))
    cells = [[cell.strip() for cell in row.split("│")[1:-1]] for row in text.splitlines() if row.startswith("│")]
    totals = dict(re.findall(r"^ (Total params|MACs): ([\d,]+)", text, re.MULTILINE))
    for column, name in ((2, "Total params"), (3, "MACs")):
        assert sum(int(row[column].replace(",", "") or 0) for row in cells) == int(totals[name].replace(",", ""))


@pytest.mark.parametrize("width", [44, 60, 80, 200])
@pytest.mark.parametrize("unicode", [True, False])
def test_a_long_name_is_cut_in_the_middle_and_no_number_is_lost(width, unicode):
    net = Net(7)
    net.add(Dense(out=123456), "a_very_long_name_" * 6 + "end")
    text = shown(net.graph(), page=Page(width, unicode))
    assert max(map(len, text.splitlines())) <= width
    assert "987,648" in text
    assert text.isascii() != unicode
    row = next(row for row in text.splitlines() if "987,648" in row)
    assert row.startswith(("│ a_ver", "| a_ver"))
    assert ("(Linear)" in row) == (width == 200)
    assert ("864,192" in row) == (width >= 80)


@pytest.mark.parametrize("name", ["lenet", "a_very_long_name_" * 4])
def test_a_column_that_is_left_out_is_named_with_the_width_that_shows_it(name):
    net = Net(7)
    net.add(Dense(out=123456), name)
    for width in range(30, 120):
        text = shown(net.graph(), page=Page(width))
        head, foot = text.splitlines()[2], text.partition("\n\n")[2]
        told = re.search(
            r"Left out for want of width: MACs. A terminal of (\d+) columns shows all, as do", _joined(foot)
        )
        assert ("MACs" in head) == (told is None) == ("Left out" not in text)
        if told:
            assert int(told[1]) > width
            assert "MACs" in shown(net.graph(), page=Page(int(told[1]))).splitlines()[2]
            assert "MACs" not in shown(net.graph(), page=Page(int(told[1]) - 1)).splitlines()[2]


def _joined(lines: str) -> str:
    return " ".join(lines.split())


@pytest.mark.parametrize("form", ["json", "csv", "markdown"])
def test_what_a_narrow_table_leaves_out_the_other_formats_have(netspec, monkeypatch, form):
    monkeypatch.setattr("netspec.cli.output.page", lambda: Page(40))
    assert "Left out for want of width: MACs" in _joined(netspec("summary", "lenet")[1])
    out = netspec("summary", "lenet", "--format", form)[1]
    assert "117600" in out.replace(",", "")
    assert "Left out" not in out


def test_an_unknown_count_is_said_to_be_so():
    net = Net(8)
    net.add(Opaque(), "black_box")
    text = shown(net.graph())
    assert " MACs: unknown\n FLOPs: unknown\n Units: unknown\n" in text
    assert "│ unknown │" in text


def test_a_side_branch_is_marked_and_shown_with_and_without():
    net = Net(8)
    net.add(Dense(out=8), "fc1")
    net.add(Dense(out=4), "aux", training_only=True)
    text = shown(net.graph())
    assert "│ aux (Linear) * │" in text
    assert " Total params: 108 (432.00 B)\n" in text
    assert " Params without training-only branches: 72 (288.00 B)\n" in text
    assert " MACs: 64\n" in text
    assert " MACs with training-only branches: 96\n" in text
    assert "* runs in training only" in text


def test_batch_scales_what_flows_and_shows_in_shapes():
    text = shown(lenet(), View(batch=32))
    assert "(32, 6, 10, 10)" in text
    assert "for a batch of 32" in text
    flows = 4 * (600 + 256 + 256 + 84 + 10)
    assert f" Activations: {byte_size(32 * flows)}\n" in text


def test_shapes():
    assert shape_text((16, 62, 62), View(channels_last=True)) == "(None, 62, 62, 16)"
    assert shape_text((5, 7), View(channels_last=True)) == "(None, 5, 7)"
    assert shape_text((4, 8, 9, 10), View(channels_last=True, batch=2)) == "(2, 8, 9, 10, 4)"
    assert shape_text((), View()) == "(None,)"
    assert shapes_text(((4,), (2, 3)), View()) == "[(None, 4), (None, 2, 3)]"


def test_sizes_are_keras_s():
    assert [byte_size(size) for size in (0, 96588, 2**20, 3 * 2**30, 2**42)] == [
        "0.00 B",
        "94.32 KB",
        "1.00 MB",
        "3.00 GB",
        "4.00 TB",
    ]


def test_shorten():
    assert shorten("abcdefghij", 10, "…") == "abcdefghij"
    assert shorten("abcdefghij", 5, "…") == "ab…ij"
    assert shorten("abcdefghij", 2, "...") == ".."


@pytest.mark.parametrize(
    ("width", "text"),
    [
        (40, "global_avg_pool1 (AdaptiveAvgPool2d) *"),
        (30, "global_avg_pool1 (Adaptive…) *"),
        (25, "global_avg_pool1 (Ada…) *"),
        (24, "global_avg_pool1 *"),
        (18, "global_avg_pool1 *"),
        (12, "globa…ool1 *"),
    ],
)
def test_a_label_keeps_its_name_longest(width, text):
    found = shorten_label("global_avg_pool1 (AdaptiveAvgPool2d) *", width, "…")
    assert len(found) <= width
    assert found == text


SEVERAL = "[(None, 8), (None, 4), (None, 2)]"


@pytest.mark.parametrize(
    ("text", "width", "told"),
    [
        (SEVERAL, 40, SEVERAL),
        (SEVERAL, 32, "[(None, 8), (None, 4), 1 more]"),
        (SEVERAL, 20, "[(None, 8), 2 more]"),
        (SEVERAL, 12, "3 tensors"),
        ("[(None, 8), (None, 8), (None, 8)]", 20, "3 x (None, 8)"),
        ("(None, 8, 16, 16)", 9, "(Non… 16)"),
    ],
)
def test_of_several_shapes_as_many_whole_ones_are_told_as_fit(text, width, told):
    assert shorten_shapes(text, width, "…") == told


HEADS = """\
netspec: 1
name: heads
input: [3, 8, 8]
blocks:
  backbone_of_two_levels:
    outputs: [low, high]
    layers: [{conv: 4, kernel: 1, name: low}, {max_pool: 2}, {conv: 6, kernel: 1, name: high}]
layers:
  - {backbone_of_two_levels: , to: [low, high], name: backbone_of_two_levels}
  - {conv: 1, kernel: 1, from: low, name: one}
  - {conv: 1, kernel: 1, from: high, name: two}
outputs: {one: one, two: two}
"""


def test_a_block_shows_all_that_leaves_it():
    graph = api.elaborate(api.loads(HEADS))
    (row, *_) = (line for line in shown(graph, page=Page(width=120)).splitlines() if "backbone" in line)
    assert "[(None, 4, 8, 8), (None, 6, 4, 4)]" in row
    narrow = shown(graph, page=Page(width=72)).splitlines()
    assert any("2 tensors" in line for line in narrow)
    assert max(map(len, narrow)) <= 72
