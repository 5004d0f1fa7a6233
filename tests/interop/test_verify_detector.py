"""Detectors are compared by what they find, what they lose, and every setting of what makes boxes."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from netspec import api
from netspec.detectors import registry
from netspec.diagnostics import NetspecError
from netspec.interop.randomness import without_weights
from netspec.interop.result import Verification
from netspec.interop.verify import Settings, Subject
from netspec.interop.verify_detector import verify_detector
from tests.detectors.small import reference, spec_text

KINDS = list(registry())


def options(kind: str, **more: Any) -> dict[str, Any]:
    if kind == "ssd":
        return {"aspect_ratios": [[2], [2, 3]], **more}
    sizes = [[4], [8]] if kind == "fcos" else [[8], [24]]
    made: dict[str, Any] = {"sizes": sizes, "min_size": 600, "max_size": 900}
    return made | ({"roi_levels": 2} if kind == "faster_rcnn" else {}) | more


def compared(kind: str, theirs: Any = None, **more: Any) -> Verification:
    spec = api.loads(spec_text(kind, options(kind, **more), 2, 3))
    subject = Subject(api.compile(spec), api.analyze(spec), spec.document.weights)
    other = without_weights(lambda: reference(kind, options(kind), 2)) if theirs is None else theirs
    return verify_detector(subject, other, "here", Settings())


@pytest.mark.parametrize("kind", KINDS)
def test_a_detector_agrees_with_torchvisions(kind: str) -> None:
    found = compared(kind)
    assert {check.name: check.status for check in found.checks if check.status != "equal"} == {"MACs": "unknown"}
    assert found.agrees
    boxes = found["outputs"].ours
    assert boxes == found["outputs"].theirs
    assert int(str(boxes).split()[0]) > 0


UNSEEN = {
    "faster_rcnn": ("rpn_pre_nms_top_n_train", 1999, "rpn._pre_nms_top_n"),
    "fcos": ("topk_candidates", 999, "topk_candidates"),
    "retinanet": ("detections_per_img", 299, "detections_per_img"),
    "ssd": ("topk_candidates", 399, "topk_candidates"),
}
"""An option, another value, which these images do not show, and the setting that tells."""


@pytest.mark.parametrize("kind", KINDS)
def test_a_setting_that_no_image_shows_is_told(kind: str) -> None:
    option, value, setting = UNSEEN[kind]
    found = compared(kind, **{option: value})
    assert found["settings"].status == "different"
    assert list(found.settings) == [setting]
    assert not found.agrees


def test_other_anchors_find_other_boxes() -> None:
    found = compared("retinanet", sizes=[[16], [24]])
    assert {found[name].status for name in ("outputs", "training outputs", "settings")} == {"different"}


def test_boxes_of_any_score_are_compared_where_none_is_sure() -> None:
    theirs = reference("retinanet", options("retinanet", score_thresh=1.0), 2)
    found = compared("retinanet", theirs, score_thresh=1.0)
    assert found.agrees
    assert found["outputs"].ours not in (None, "0 boxes")


def test_another_network_is_told_by_its_tensors() -> None:
    found = compared("retinanet", nn.Linear(3, 4))
    assert found["tensors"].status == "different"
    assert found.unproven == ("outputs", "gradients")


def test_a_reference_that_takes_no_images_is_refused() -> None:
    theirs = reference("retinanet", options("retinanet"), 2)
    theirs.forward = lambda x: x + 1
    with pytest.raises(NetspecError) as caught:
        compared("retinanet", theirs)
    assert caught.value.diagnostics[0].code.number == "NS0908"


def test_anchors_are_made_with_their_numbers() -> None:
    made = without_weights(lambda: reference("retinanet", options("retinanet"), 2))
    assert {each.device.type for each in made.anchor_generator.cell_anchors} == {"cpu"}
    assert torch.equal(made.anchor_generator.cell_anchors[0][1], torch.tensor([-4.0, -4.0, 4.0, 4.0]))
