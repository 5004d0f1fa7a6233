"""Detectors are exported as functions of one image of any size, or refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from netspec import api
from netspec.detectors import registry
from netspec.diagnostics import NetspecError
from netspec.exporters.detections import differences, found_by
from netspec.interop.randomness import fill
from tests.detectors.small import spec_text
from tests.detectors.test_torchvision import two_levels

KINDS = list(registry())


def spec_of(kind: str, folder: Path) -> tuple[api.Spec, Path]:
    """A small detector, and a file of weights with which it finds boxes, none of them as sure as another."""
    spec = api.loads(spec_text(kind, two_levels(kind), 2, 6))
    network = api.compile(spec)
    fill(network, 0)
    torch.save(network.state_dict(), folder / "weights.pt")
    return spec, folder / "weights.pt"


def test_onnx_finds_what_torch_finds_in_images_of_any_size(tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    spec, weights = spec_of("ssd", tmp_path)
    made = api.export(spec, tmp_path / "small.onnx", weights)
    assert made.notes == ()
    assert [each.output for each in made.differences] == ["boxes", "labels", "scores"]
    assert [(port.name, port.dynamic, port.batched) for port in made.inputs] == [("image", (1, 2), False)]
    session = onnxruntime.InferenceSession(tmp_path / "small.onnx", providers=["CPUExecutionProvider"])
    network = api.compile(spec, weights=weights).eval()

    def run(inputs: tuple[Tensor, ...]) -> list[Tensor]:
        return [torch.from_numpy(each) for each in session.run(None, {"image": inputs[0].numpy()})]

    for seed, size in enumerate(((61, 143), (48, 80), (33, 121), (190, 47), (113, 122))):  # export compares others
        torch.manual_seed(seed)
        image = torch.rand(3, *size)
        found, right = run((image,)), found_by(network)((image,))
        assert len(right[0]) > 0
        assert [each.shape for each in found] == [each.shape for each in right]
        torch.testing.assert_close(found[2], right[2], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "ssd"])
def test_onnx_of_what_scales_images_by_a_factor_is_refused_by_name(kind: str, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    spec, _ = spec_of(kind, tmp_path)
    with pytest.raises(NetspecError) as caught:
        api.export(spec, tmp_path / "small.onnx")
    (found,) = caught.value.diagnostics
    assert (found.code.number, "rounds otherwise there" in found.message) == ("NS0909", True)
    assert not (tmp_path / "small.onnx").exists()


def test_safetensors_has_the_weights_of_a_detector(tmp_path: Path) -> None:
    spec, weights = spec_of("ssd", tmp_path)
    made = api.export(spec, tmp_path / "small.safetensors", weights)
    assert made.largest == 0
    assert made.notes == ()


def test_random_weights_make_unlike_boxes(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    made = api.export(spec_of("ssd", tmp_path)[0], tmp_path / "small.onnx")
    assert (made.weights, made.notes) == (None, ())


def test_where_nothing_is_found_the_comparison_says_so(tmp_path: Path) -> None:
    spec = api.loads(spec_text("retinanet", {**two_levels("retinanet"), "score_thresh": 1.0}, 2, 6))
    made = api.export(spec, tmp_path / "small.safetensors")
    assert ["Nothing is found" in note for note in made.notes] == [True]


def test_torch_export_is_refused_by_name(tmp_path: Path) -> None:
    spec, _ = spec_of("fcos", tmp_path)
    with pytest.raises(NetspecError) as caught:
        api.export(spec, tmp_path / "small.pt2")
    (found,) = caught.value.diagnostics
    assert found.code.number == "NS0909"
    assert "what a detector finds decides what runs" in found.message
    assert not (tmp_path / "small.pt2").exists()


def test_what_is_found_is_compared_box_by_box() -> None:
    boxes = torch.tensor([[0.0, 0.0, 10.0, 10.0], [5.0, 5.0, 20.0, 20.0]])
    right = [boxes, torch.tensor([1, 2]), torch.tensor([0.5, 0.5])]

    def apart(boxes: Tensor, labels: list[int], scores: list[float]) -> list[float]:
        left = [boxes, torch.tensor(labels), torch.tensor(scores)]
        return [each.relative for each in differences(lambda _: right, lambda _: left, 0)[0]]

    assert apart(boxes.flip(0), [2, 1], [0.5, 0.5]) == [0, 0, 0]  # equal scores have no order
    assert apart(boxes, [1, 1], [0.5, 0.5]) == [float("inf")] * 3
    assert apart(boxes[:1], [1], [0.5]) == [float("inf")] * 3
    assert apart(boxes, [1, 2], [0.5, 0.25]) == [0, 0, 0.5]
    moved = boxes + torch.tensor([[0.0], [2.0]])
    assert apart(moved, [1, 2], [0.5, 0.5]) == pytest.approx([0.1, 0, 0])
    assert apart(boxes * torch.tensor([[1.0], [float("nan")]]), [1, 2], [0.5, 0.5]) == [float("inf")] * 3
