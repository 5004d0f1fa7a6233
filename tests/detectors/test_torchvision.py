"""Detectors are torchvision's: the same losses, gradients, boxes, labels and scores, to the last bit."""

from __future__ import annotations

import copy
import pickle
import random
from typing import Any

import pytest

from netspec import api
from netspec.detectors import registry

torch = pytest.importorskip("torch")
torchvision = pytest.importorskip("torchvision")

from tests.detectors.small import CLASSES, drawn, pictures, reference, spec_text  # noqa: E402

KINDS = list(registry())
SEEDS = range(8)


def randomised(network: Any) -> dict[str, Any]:
    """Weights with which a network detects much, and unlike things."""
    state = network.state_dict()
    for key, tensor in state.items():
        if tensor.is_floating_point():
            var = key.endswith("running_var")
            tensor.copy_(1 + torch.rand_like(tensor) if var else 0.3 * torch.randn_like(tensor) / len(tensor) ** 0.25)
    return dict(state)


def two_levels(kind: str) -> dict[str, Any]:
    """Options of a kind for two levels."""
    if kind == "ssd":
        return {"aspect_ratios": [[2], [2, 3]]}
    more = {"roi_levels": 2} if kind == "faster_rcnn" else {}
    return {"sizes": [[4], [8]] if kind == "fcos" else [[8, 12], [24, 36]], "min_size": 64, "max_size": 96} | more


def compiled(kind: str, options: dict[str, Any]) -> Any:
    """A network with the options of `two_levels`, or more."""
    return api.compile(api.loads(spec_text(kind, options, 2, 6)))


def losses(network: Any, images: Any, targets: Any) -> dict[str, Any]:
    """Losses of one pass in training mode."""
    network.train()
    torch.manual_seed(7)
    found: dict[str, Any] = network([each.clone() for each in images], copy.deepcopy(targets))
    return found


def learned(network: Any, images: Any, targets: Any) -> dict[str, Any]:
    """Losses and gradients of one pass in training mode."""
    found = losses(network, images, targets)
    sum(found.values()).backward()
    return {**found, **{name: each.grad for name, each in network.named_parameters() if each.grad is not None}}


def detections(network: Any, images: Any) -> list[dict[str, Any]]:
    network.eval()
    with torch.no_grad():
        return list(network(images))


def assert_alike(ours: Any, theirs: Any, images: Any, targets: Any) -> int:
    """The number of boxes that both find."""
    assert_equal(learned(ours, images, targets), learned(theirs, images, targets))
    return assert_found_alike(ours, theirs, images)


def assert_equal(made: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert list(made) == list(wanted)
    for name, each in wanted.items():
        assert torch.equal(made[name], each), name


def assert_found_alike(ours: Any, theirs: Any, images: Any) -> int:
    """The number of boxes that both find in evaluation."""
    found, right = detections(ours, images), detections(theirs, images)
    for mine, other in zip(found, right, strict=True):
        assert set(mine) == set(other) == {"boxes", "labels", "scores"}
        assert all(torch.equal(mine[key], other[key]) for key in other)
    return sum(len(each["boxes"]) for each in right)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", KINDS)
def test_any_options_are_those_of_torchvisions_class(kind: str, seed: int) -> None:
    draw = random.Random(f"{kind}{seed}")
    torch.manual_seed(seed)
    options, levels, anchors = drawn(kind, draw)
    theirs = reference(kind, options, levels)
    ours = api.compile(api.loads(spec_text(kind, options, levels, anchors)))
    weights = randomised(theirs)
    assert list(ours.state_dict()) == list(weights)
    ours.load_state_dict(weights)
    theirs.load_state_dict(ours.state_dict())
    assert_alike(ours, theirs, *pictures(draw))


@pytest.mark.parametrize("kind", KINDS)
def test_the_drawn_options_are_all_that_there_are(kind: str) -> None:
    met = {name for seed in SEEDS for name in drawn(kind, random.Random(f"{kind}{seed}"))[0]}
    assert met == set(registry()[kind].model_fields)


@pytest.mark.parametrize("kind", KINDS)
def test_boxes_are_found_at_all(kind: str) -> None:
    """Equal lists of nothing would say little."""
    draw = random.Random(kind)
    torch.manual_seed(3)
    options = two_levels(kind) | {"box_score_thresh" if kind == "faster_rcnn" else "score_thresh": 0.0}
    theirs, ours = reference(kind, options, 2), compiled(kind, options)
    ours.load_state_dict(randomised(theirs))
    assert assert_alike(ours, theirs, *pictures(draw)) > 20


@pytest.mark.parametrize("kind", KINDS)
def test_a_detector_is_copied_pickled_and_moved_like_any_module(kind: str) -> None:
    draw = random.Random(kind)
    network = compiled(kind, two_levels(kind))
    images, targets = pictures(draw)
    for other in (copy.deepcopy(network), pickle.loads(pickle.dumps(network)), copy.deepcopy(network.double()).float()):
        wanted, made = learned(network.float(), images, targets), learned(other, images, targets)
        assert all(torch.equal(made[name], each) for name, each in wanted.items())
        network.zero_grad()


@pytest.mark.parametrize("kind", KINDS)
def test_the_modes_of_parts_and_of_what_stands_for_them_agree(kind: str) -> None:
    network = compiled(kind, two_levels(kind))
    stands = [module for module in network.modules() if hasattr(module, "parts")]
    assert len(stands) >= 2
    for mode in (False, True):
        network.train(mode)
        assert {module.parts[0].training for module in stands} == {module.training for module in stands} == {mode}


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_names_the_losses_and_the_classes_that_its_module_has(kind: str) -> None:
    spec = api.loads(spec_text(kind, two_levels(kind), 2, 6))
    detection = spec.graph.detection
    assert detection is not None
    assert detection.classes == CLASSES
    assert set(losses(api.compile(spec), *pictures(random.Random(0)))) == set(detection.kind.losses)
