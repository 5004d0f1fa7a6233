"""Explanations as text, Markdown and JSON."""

from __future__ import annotations

import json

from netspec import api
from netspec.analysis import analyze
from netspec.analysis.explanation import Explanation, explain, named
from netspec.report.explanation import explanation
from netspec.report.writers import written

CONV1 = """\
conv1 (Conv2d): [1, 28, 28] -> [6, 28, 28]
  input        [1, 28, 28]
  conv1  conv  [6, 28, 28]
  height, width        floor((S + 2*p - k)/s) + 1 = floor((28 + 2*2 - 5)/1) + 1 = 28
  parameters           C_out x (C_in x k_h x k_w + 1) = 6 x (1 x 5 x 5 + 1) = 156
  MACs                 H_out x W_out x C_out x C_in x k_h x k_w = 28 x 28 x 6 x 1 x 5 x 5 = 117,600
  connections          H_out x W_out x C_out x (C_in x k_h x k_w + 1) = 28 x 28 x 6 x (1 x 5 x 5 + 1) = 122,304
  bytes of the output  6 x 28 x 28 x 4 = 18,816
  receptive field
    size               r + (k - 1) x j = 1 + (5 - 1) x 1 = 5
    stride             s x j = 1 x 1 = 1
    start              start - p x j = 0 - 2 x 1 = -2
"""


def explained(name: str, layer: str) -> tuple[Explanation, ...]:
    analysis = analyze(api.load(name).graph)
    return explain(analysis, named(analysis.graph, layer))


def test_text_is_what_a_lecturer_writes() -> None:
    assert written(explanation("n", explained("lenet", "conv1"), ways=True), "text") == CONV1


def test_the_way_leads_from_the_input() -> None:
    text = written(explanation("n", explained("lenet", "fc1"), ways=True), "text")
    shapes = ["[1, 28, 28]", "[6, 28, 28]", "[6, 14, 14]", "[16, 10, 10]", "[16, 5, 5]", "[400]", "[120]"]
    assert [line.rpartition("  ")[2] for line in text.splitlines()[1:8]] == shapes
    assert "receptive field: the whole input" in text


def test_axes_that_differ_are_told_apart() -> None:
    spec = api.loads("{netspec: 1, name: n, input: [1, 8, 9], layers: [{conv: 2, kernel: [3, 1], name: c}]}")
    text = written(explanation("n", explain(analyze(spec.graph), ["c"]), ways=False), "text")
    assert "floor((8 + 2*0 - 3)/1) + 1 = 6" in text
    assert "floor((9 + 2*0 - 1)/1) + 1 = 9" in text
    assert "receptive field (height)" in text
    assert "receptive field (width): size 1, stride 1, start 0" in text


def test_markdown_has_latex() -> None:
    text = written(explanation("lenet", explained("lenet", "conv2"), ways=True), "markdown")
    assert r"$C_{\text{out}} \, \left(C_{\text{in}} \, k_{\text{h}} \, k_{\text{w}} + 1\right)" in text
    assert r"= 16 \times \left(6 \times 5 \times 5 + 1\right) = 2{,}416$" in text
    assert "| `avg_pool1` | avg_pool | [6, 14, 14] |" in text


def test_json_has_every_part() -> None:
    (layer,) = json.loads(written(explanation("lenet", explained("lenet", "conv2"), ways=True), "json"))["layers"]
    assert layer["figures"]["params"]["numbers"] == "16 x (6 x 5 x 5 + 1)"
    assert layer["figures"]["params"]["value"] == 2416
    assert [(each["size"], each["stride"], each["start"]) for each in layer["receptive_field"]] == [(14, 2, -2)] * 2
    assert layer["way"][0] == {"key": "input", "op": "input", "shape": [1, 28, 28]}


def test_axes_have_their_names_where_the_channels_come_first() -> None:
    spec = "netspec: 1\nname: n\ninput: [14, 13, 8]\nlayers: [{window_attention: 2, window: 7, shift: 3, name: a}]\n"
    found = explain(analyze(api.elaborate(api.loads(spec))), ["a"])
    text = written(explanation("n", found, ways=False), "text")
    assert "receptive field (axis 1): size 7" in text
    assert "ceil(W/window)" in text
