"""Detectors in the language: what is refused elsewhere, what is proven, what is said of them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from netspec import api
from netspec.analysis.footprint import Fit, step_memory
from netspec.backends.proof import proven
from netspec.cli import run
from netspec.detectors import registry
from netspec.diagnostics import NetspecError
from netspec.graph import Graph
from netspec.report.change_sentences import sentences
from netspec.report.memory import memory
from tests.backends.checks import clean

SPEC = """
netspec: 1
name: dots
input: [3, 64, 64]
blocks:
  backbone:
    outputs: [fine, coarse]
    layers:
      - {conv: 8, kernel: 4, stride: 4, name: fine}
      - {conv: 8, kernel: 3, stride: 2, padding: 1, name: coarse}
  head: {params: {out: int}, layers: [{conv: $out, kernel: 3, padding: 1, name: conv}, relu]}
layers:
  - {backbone: , name: backbone, to: [fine, coarse], freeze: true}
  - {head: 15, from: fine, name: head.classification_head, to: [scores1]}
  - {reuse: head.classification_head, from: coarse, to: [scores2]}
  - {head: 12, from: fine, name: head.regression_head, to: [boxes1]}
  - {reuse: head.regression_head, from: coarse, to: [boxes2]}
detector: {retinanet: , sizes: [[8], [16]], score_thresh: 0.125}
"""


def graph(text: str = SPEC) -> Graph:
    return api.elaborate(api.loads(text))


def test_what_nobody_takes_is_what_flows_out() -> None:
    assert {name: value.shape for name, value in graph().outputs.items()} == {
        "scores1": (15, 16, 16),
        "scores2": (15, 8, 8),
        "boxes1": (12, 16, 16),
        "boxes2": (12, 8, 8),
    }


SSD = """
netspec: 1
name: boxes
input: [3, 32, 64]
let: {anchors: [4, 2]}
blocks:
  backbone:
    outputs: [fine, coarse]
    layers:
      - {conv: 8, kernel: 4, stride: 4, name: fine}
      - {conv: 12, kernel: 3, stride: 2, padding: 1, name: coarse}
  head:
    params: {numbers: int, anchors: list}
    inputs: [fine, coarse]
    outputs: [first, second]
    layers:
      - {conv: $(numbers * anchors.0), kernel: 1, from: fine, name: module_list.0, to: [first]}
      - {conv: $(numbers * anchors.1), kernel: 1, from: coarse, name: module_list.1, to: [second]}
layers:
  - {backbone: , name: backbone, to: [fine, coarse]}
  - {head: 3, anchors: $anchors, from: [fine, coarse], name: head.classification_head, to: [scores1, scores2]}
  - {head: 4, anchors: $anchors, from: [fine, coarse], name: head.regression_head, to: [boxes1, boxes2]}
detector: {ssd: , aspect_ratios: [[2], []]}
"""


def test_an_ssd_has_the_inputs_size_and_the_networks_variables() -> None:
    text = api.generate(api.loads(SSD))
    assert "size=(64, 32)," in text
    assert "        anchors = (4, 2)\n" in text
    network = api.compile(api.loads(SSD))
    assert network.transform.fixed_size == (64, 32)
    assert [module.out_channels for module in network.head.classification_head.module_list.values()] == [12, 6]


def test_results_in_a_group_flow_out_like_others() -> None:
    start = SSD.index("layers:\n  - {backbone")
    grouped = SSD[:start] + SSD[start:].replace("  - ", "      - ").replace("layers:\n", "layers:\n  - layers:\n", 1)
    assert list(graph(grouped).outputs) == list(graph(SSD).outputs) == ["scores1", "scores2", "boxes1", "boxes2"]


WRONG = {
    "scores of levels": (("anchors.1), kernel", "anchors.1 + 2 * (numbers - 4)), kernel"), "another number of classes"),
    "boxes of a level": (("head: 4, anchors: $anchors", "head: 4, anchors: [4, 4]"), "reads"),
    "numbers of levels": (("[[2], []]", "[[2]]"), "2 levels"),
    "order of levels": (("from: [fine, coarse], name: head.c", "from: [coarse, fine], name: head.c"), "something else"),
    "length of scales": (("[[2], []]", "[[2], []], scales: [0.1, 0.5]"), "`scales`"),
    "length of steps": (("[[2], []]", "[[2], []], steps: [4]"), "`steps`"),
    "two ways at once": (("[[2], []]", "[[2], []], scales: [0.1, 0.5, 1], min_ratio: 0.1"), "`min_ratio`"),
    "ends the wrong way": (("[[2], []]", "[[2], []], max_ratio: 0.1"), "`max_ratio`"),
    "a deviation of 0": (("[[2], []]", "[[2], []], image_std: [1, 0, 1]"), "`image_std`"),
}


@pytest.mark.parametrize("what", WRONG)
def test_an_ssd_whose_parts_or_options_do_not_go_together_is_refused(what: str) -> None:
    (old, new), words = WRONG[what]
    assert old in SSD
    with pytest.raises(NetspecError) as caught:
        graph(SSD.replace(old, new, 1))
    (found,) = caught.value.diagnostics
    assert found.code.number == "NS0510"
    assert words in found.message


def test_options_that_are_the_defaults_are_not_written() -> None:
    text = api.generate(api.loads(SPEC))
    assert "score_thresh=0.125" in text
    assert "nms_thresh" not in text
    given = api.generate(api.loads(SPEC.replace("score_thresh: 0.125", "nms_thresh: 0.5, score_thresh: 0.05")))
    assert "nms_thresh" not in given
    assert "score_thresh" not in given


def test_a_kind_is_its_name_alone_where_it_needs_no_options() -> None:
    with pytest.raises(NetspecError) as caught:
        graph(SPEC[: SPEC.index("detector:")] + "detector: retinanet\n")
    assert [each.message for each in caught.value.diagnostics] == [
        "`backbone` gives 2 levels, and `retinanet` has anchors for 5"
    ]


POINTS = (
    SPEC.replace(
        "  head: {",
        """\
  distances:
    outputs: [boxes, centre]
    layers: [{conv: 4, kernel: 1, name: boxes}, {conv: 1, kernel: 1, from: input, name: centre}]
  head: {""",
    )
    .replace(
        "head: 12, from: fine, name: head.regression_head, to: [boxes1]", "distances: , from: fine, name: D, to: [a, b]"
    )
    .replace("reuse: head.regression_head, from: coarse, to: [boxes2]", "reuse: D, from: coarse, to: [c, d]")
    .replace("D,", "head.regression_head,")
    .replace("retinanet: , sizes: [[8], [16]], score_thresh: 0.125", "fcos: , sizes: [[4], [8]]")
)


def refused(text: str) -> tuple[str, str, str | None, int]:
    """The one error of a text: its code and message, what is expected, and the line."""
    (found,) = api.check("n.yaml", text=text)
    assert found.span is not None
    return found.code.number, found.message, found.expected, found.span.line


def test_the_sizes_of_points_are_the_strides_of_their_levels() -> None:
    assert not api.check("n.yaml", text=POINTS)
    code, message, expected, line = refused(POINTS.replace("[[4], [8]]", "[[4], [32]]"))
    assert (code, expected) == ("NS0510", "the strides of the levels, [[4], [8]]")
    assert "`sizes`" in message
    assert POINTS.splitlines()[line - 1].startswith("detector:")


def test_sizes_of_points_go_with_levels_that_are_rounded_up() -> None:
    """An image of 96 pixels has 2 points 64 pixels apart: torchvision's levels in stride 64 and 128 are such."""
    text = POINTS.replace("[3, 64, 64]", "[3, 96, 96]").replace(
        "kernel: 4, stride: 4", "kernel: 3, stride: 64, padding: 1"
    )
    assert len(graph(text.replace("[[4], [8]]", "[[64], [128]]")).outputs) == 6


@pytest.mark.parametrize("text", [SPEC, POINTS, SSD], ids=["retinanet", "fcos", "ssd"])
def test_levels_of_every_kind_are_the_finest_first(text: str) -> None:
    code, message, expected, line = refused(text.replace("outputs: [fine, coarse]", "outputs: [coarse, fine]", 1))
    assert code == "NS0510"
    assert "a coarse level before a finer one" in message
    assert expected is not None
    assert "{backbone: " in text.splitlines()[line - 1]


@pytest.mark.parametrize(
    "written", ["detector: {FCOS: , sizes: [[4], [8]]}", "detector: {fcos: , sises: []}", "outputs: 5"]
)
def test_what_flows_out_is_not_asked_of_a_section_that_is_wrong_itself(written: str) -> None:
    code, *_, line = refused(POINTS[: POINTS.index("detector:")] + written)
    assert code in ("NS0203", "NS0205", "NS0510")
    assert line == POINTS.count("\n")


CHANGED = {
    "another base": ("(detection.RetinaNet)", "(detection.FCOS)"),
    "another threshold": ("score_thresh=0.125", "score_thresh=0.25"),
    "another option": ("score_thresh=0.125", "nms_thresh=0.125"),
    "one option less": ("score_thresh=0.125", "num_classes=5"),
    "other anchors": ("((8,), (16,))", "((8,), (17,))"),
    "other types of anchors": ("((8,), (16,))", "((8,), (16.0,))"),
    "heads the other way round": ("classification_head=Head(8, 15)", "classification_head=Head(8, 12)"),
    "another module for a part": ("regression_head=Head(8, 12)", "regression_head=Backbone(3)"),
    "another adapter": ("Levels(Backbone(3))", "RetinaNetScores(Backbone(3))"),
    "no adapter": ("Levels(Backbone(3))", "Backbone(3)"),
    "a call in the place of a number": ("score_thresh=0.125", "score_thresh=float('0.125')"),
    "another import": ("from torchvision.models import detection", "from torchvision import models as detection"),
    "another adapter's text": ("return (found,)", "return (found, found)"),
    "a method more": ("    def __init__(self) -> None:\n        super().__init__(\n", None),
}


@pytest.mark.parametrize("what", CHANGED)
def test_a_text_that_is_not_the_program_is_refused(what: str) -> None:
    spec = api.loads(SPEC)
    program, text = api.lower(spec), api.generate(spec)
    carried = re.findall(r"(?ms)^(?:class|def) (?:of_anchors|Stand|Levels|RetinaNet\w+)\b.*?(?=\n\n\n)", text)
    assert proven(text, program, carried) == text
    old, new = CHANGED[what]
    assert old in text
    forged = text.replace(old, new if new is not None else f"    def forward(self, x):\n        return x\n\n{old}")
    with pytest.raises(NetspecError) as caught:
        proven(forged, program, carried)
    assert caught.value.diagnostics[0].code.number == "NS0912"


def test_the_source_is_clean_and_imports_torchvision_alone_beside_torch(tmp_path: Path) -> None:
    text = api.generate(api.loads(SPEC))
    assert "it needs torch and torchvision." in text.splitlines()[0]
    frozen = SPEC.replace("name: coarse}", "name: seen}\n      - {frozen_batch_norm, name: coarse}")
    clean({"dots": text, "boxes": api.generate(api.loads(SSD)), "frozen": api.generate(api.loads(frozen))}, tmp_path)


def test_a_network_without_a_detector_imports_no_torchvision() -> None:
    assert "torchvision" not in api.generate(api.load("lenet"))


def test_checking_a_detector_imports_no_torch() -> None:
    code = f"import sys; from netspec import api; api.generate(api.loads({SPEC!r})); api.analyze(api.loads({SPEC!r}))"
    done = subprocess.run(
        [sys.executable, "-c", code + "; print(*({'torch', 'torchvision'} & set(sys.modules)))"],
        capture_output=True,
        text=True,
        cwd=Path(api.__file__).parent.parent,
    )
    assert (done.stdout.strip(), done.returncode) == ("", 0), done.stderr


REFUSED = {
    "export": ["export", "dots.yaml", "-o", "dots.pt2"],
    "test": ["build", "dots.yaml", "-o", "dots.py", "--with-test"],
    "package": ["build", "dots.yaml", "--package", "dots"],
    "apply": ["apply", "dots.yaml", "image.png", "-o", "out.png"],
    "train": ["train", "dots.yaml", "--recipe", "digits"],
}


@pytest.mark.parametrize("what", REFUSED)
def test_commands_that_feed_a_tensor_refuse_it(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("dots.yaml").write_text(SPEC)
    Image.new("RGB", (64, 64)).save("image.png")
    Path("digits.yaml").write_text("{data: digits, loss: cross_entropy, optimizer: {adamw: 2e-3}, epochs: 1}")
    arguments = [each if each != "digits" else "digits.yaml" for each in REFUSED[what]]
    assert run(arguments) != 0
    said = capsys.readouterr().err
    assert re.search(r"error\[NS(0913|0909|0801|0804|0902)\]", said), said
    assert sorted(each.name for each in tmp_path.iterdir()) == ["digits.yaml", "dots.yaml", "image.png"]


def test_memory_is_that_of_the_weights_and_unknown_beyond(tmp_path: Path) -> None:
    found = api.memory(api.loads(SPEC.replace(", freeze: true", "")), optimizer="adamw")
    params = 4 * api.analyze(api.loads(SPEC)).weights.total.params
    assert (found.parameters, found.gradients) == (params, params)
    assert found.optimizer_state is not None
    assert found.optimizer_state > 2 * params
    assert {found.input, found.kept, found.training_peak, found.inference_peak} == {None}
    record = memory(found, Fit(found, 2**40)).data()
    assert (record["unknown"], record["kept_by"]) == ("detector", None)
    assert record["fit"] == {"limit": 2**40, "training_batch": None, "inference_batch": None}
    assert step_memory(graph()) is None
    (tmp_path / "dots.yaml").write_text(SPEC + "budget: {memory: <= 1TB}")
    assert [each.code.number for each in api.check(tmp_path / "dots.yaml")] == ["NS0905"]


def test_a_difference_of_detectors_alone_is_one() -> None:
    other = api.loads(SPEC.replace("score_thresh: 0.125", "score_thresh: 0.25"))
    difference = api.diff(api.loads(SPEC), other)
    assert not difference.is_same
    assert difference.detector == {"score_thresh": (0.125, 0.25)}
    assert "detector score_thresh 0.125 -> 0.25" in list(sentences(difference))
    assert api.diff(other, other).is_same


@pytest.mark.parametrize("kind", registry())
def test_every_option_says_what_it_is(kind: str) -> None:
    assert registry()[kind].__doc__
    for name, field in registry()[kind].model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name


@pytest.mark.parametrize("divisor", [8, 16, 32])
def test_a_pyramid_is_proven_for_the_sizes_that_its_batches_have(divisor: int) -> None:
    """Upsampled maps meet those of the level above only where the strides divide the size."""
    text = SPEC.replace(
        "name: coarse}",
        "name: small}\n      - {conv: 8, kernel: 3, stride: 2, padding: 1, name: smaller}\n"
        "      - {upsample: 2, name: grown}\n      - {add: [small, grown], name: coarse}",
    ).replace("sizes:", f"size_divisible: {divisor}, sizes:")
    if divisor >= 16:
        assert graph(text).outputs
        return
    with pytest.raises(NetspecError) as caught:
        graph(text)
    assert [each.code.number for each in caught.value.diagnostics] == ["NS0310"]


def test_a_thin_input_is_refused_as_the_spec_s_own_and_as_another() -> None:
    """Its shorter side comes to less than a pixel: so does that of such an image in training."""
    spec, size = api.load("shapes_detector"), [3, 32, 6400]
    with pytest.raises(NetspecError, match="takes no image of this size") as given:
        api.elaborate(spec, {"input": tuple(size)})
    (own,) = api.check("shapes_detector", {"input": size})
    assert own.message == given.value.diagnostics[0].message
    assert own.span is not None
    assert given.value.diagnostics[0].span is not None
    assert api.check("shapes_detector", {"input": [3, 96, 96 * 96]}) == []  # a pixel is left
