"""Augmentations move boxes with the pixels, and drop what is hardly left in the image."""

import pytest
import torch
from torchvision import tv_tensors
from torchvision.transforms.v2 import functional as library

from netspec.diagnostics import NetspecError
from netspec.frontend.problems import NOWHERE, Report
from netspec.functional.augment.boxed import changed_with_boxes
from netspec.functional.augment.scene import Scene
from netspec.recipe.augment import Augmentation
from netspec.recipe.reading import read_part

SIZE = (48, 60)
BOXES = torch.tensor([[6.0, 8.0, 22.0, 30.0], [30.0, 20.0, 57.0, 41.0], [28.0, 2.0, 38.0, 9.0]])
LABELS = torch.tensor([1, 2, 3])
SCENE = Scene(brightest=255, neutral=(0.0,))
MOVING = [
    "flip",
    "vertical_flip",
    "alternating_flip",
    {"crop": [30, 40], "padding": 6},
    {"crop": 100, "padding": 2, "padding_mode": "edge"},
    {"random_resized_crop": [40, 32], "scale": [0.3, 1.0]},
    {"affine": 25, "translate": 0.05, "scale": [0.5, 0.8], "shear": 8},
    {"rotate": 40},
    {"scale_jitter": [0.5, 1.7]},
    {"zoom_out": [1.0, 3.0], "p": 0.9},
    "iou_crop",
]
STILL = [{"color_jitter": None, "brightness": 0.3}, {"gaussian_noise": 0.1}, {"grayscale": 1.0}, {"erase": 1.0}]


def augmentation(written):
    report = Report(NOWHERE)
    found = read_part(Augmentation, written, (), report)
    report.check()
    return found


def after(parts, image, draws, visible=0.0, boxes=BOXES, labels=LABELS):
    made = [augmentation(part) for part in parts]
    changes = [(part.numbers, part.boxed().made()) for part in made]
    return changed_with_boxes(
        image, boxes, labels, draws[: sum(count for count, _ in changes)], changes, SCENE, visible
    )


def painted(boxes=BOXES):
    """An image with a channel for each box, white in it."""
    image = torch.zeros(len(boxes), *SIZE, dtype=torch.uint8)
    for channel, (left, top, right, bottom) in zip(image, boxes.int().tolist(), strict=True):
        channel[top:bottom, left:right] = 255
    return image


def numbers(count=4):
    return torch.rand(count, 64, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("part", MOVING, ids=str)
def test_boxes_are_where_their_pixels_are(part):
    for draws in numbers():
        image, boxes, labels = after([part], painted(), draws)
        assert len(boxes)
        for box, label in zip(boxes, labels, strict=True):
            down, across = (image[label - 1] > 127).nonzero().T
            seen = torch.stack([across.min(), down.min(), across.max() + 1, down.max() + 1])
            sharp = "rotate" in part or "affine" in part  # corners, of which the last pixel is not half white
            assert (seen - box).abs().max() <= (2 if sharp else 1), (part, draws[:6])


@pytest.mark.parametrize("part", STILL, ids=str)
def test_colours_leave_boxes_where_they_are(part):
    image, boxes, labels = after([part], painted() // 2, numbers(1)[0])
    assert torch.equal(boxes, BOXES)
    assert torch.equal(labels, LABELS)
    assert not torch.equal(image, painted() // 2)


def test_boxes_are_moved_as_torchvision_moves_them():
    told = tv_tensors.BoundingBoxes(BOXES, format="XYXY", canvas_size=SIZE)
    half = torch.full((64,), 0.25)
    _, boxes, _ = after([{"affine": 30, "translate": 0.2, "scale": [0.8, 1.6], "shear": 10}], painted(), half)
    # A quarter of the way: 15 degrees clockwise for torchvision, a tenth of the size back, and so on.
    judged = library.affine(told, angle=15, translate=[-6, -5], scale=1.0, shear=[-5.0, -5.0])
    assert boxes == pytest.approx(judged.as_subclass(torch.Tensor), abs=1e-3)
    _, boxes, _ = after([{"rotate": 20}], painted(), half)
    assert boxes == pytest.approx(library.rotate(told, angle=-10).as_subclass(torch.Tensor), abs=1e-3)
    _, boxes, _ = after(["flip", "vertical_flip"], painted(), half)
    judged = library.vertical_flip(library.horizontal_flip(told))
    assert torch.equal(boxes, judged.as_subclass(torch.Tensor))


def test_what_is_hardly_left_is_dropped_by_all_changes_together():
    boxes, labels = torch.tensor([[0.0, 0.0, 20.0, 20.0], [20.0, 20.0, 40.0, 40.0]]), torch.tensor([1, 2])
    corner = {"crop": 30}
    last = torch.full((64,), 0.999)  # the piece at the lower right: from 30, 18
    image = torch.zeros(3, *SIZE, dtype=torch.uint8)
    _, found, kept = after([corner], image, last, 0.4, boxes, labels)
    assert (found.tolist(), kept.tolist()) == ([[0.0, 2.0, 10.0, 22.0]], [2])
    assert after([corner], image, last, 0.6, boxes, labels)[2].tolist() == []
    # Another piece takes half of what was left.
    twice = [corner, {"crop": [30, 25]}]
    assert after(twice, image, last, 0.2, boxes, labels)[2].tolist() == [2]
    assert after(twice, image, last, 0.3, boxes, labels)[2].tolist() == []
    empty = after([corner], image, last, 0.5, boxes[:0], labels[:0])
    assert (empty[1].shape, empty[2].shape) == ((0, 4), (0,))


def test_a_piece_overlaps_an_object_as_much_as_it_should():
    seen = set()
    for draws in numbers(40):
        image, boxes, labels = after([{"iou_crop": [0.5]}], painted(), draws)
        middles = [BOXES[label - 1] for label in labels]
        size = image.shape[1:]
        seen.add(tuple(size))
        assert 0.5 <= size[1] / size[0] <= 2
        assert size[0] >= 0.3 * SIZE[0] - 1
        # What is left of the best one is half of what it and the piece cover together, or more.
        whole = torch.stack(middles)
        left = (boxes[:, 2:] - boxes[:, :2]).prod(1)
        union = (whole[:, 2:] - whole[:, :2]).prod(1) + size[0] * size[1] - left
        assert (left / union).max() >= 0.5 or tuple(size) == SIZE
        # A middle that stays is within the piece.
        corner = (whole - boxes)[:, :2].amax(0)
        assert len(boxes) == 0 or (corner >= 0).all() or tuple(size) == SIZE
    assert len(seen) > 5
    empty = after(["iou_crop"], painted(), numbers(1)[0], boxes=BOXES[:0], labels=LABELS[:0])
    assert empty[0].shape[1:] == SIZE


def test_a_ground_is_never_smaller_than_the_image():
    with pytest.raises(NetspecError, match="`scale` is 1 or more"):
        augmentation({"zoom_out": [0.5, 2.0]})
    sizes = {after([{"zoom_out": [1.0, 4.0], "p": 0.5}], painted(), draws)[0].shape for draws in numbers(20)}
    assert torch.Size([3, *SIZE]) in sizes
    assert all(size[1] >= SIZE[0] and size[2] >= SIZE[1] for size in sizes)


def test_every_augmentation_moves_boxes_or_is_known_not_to():
    still = {key for key, kind in Augmentation.members.items() if kind.boxed is Augmentation.boxed}
    assert still == {"mixup", "cutmix", "randaugment", "trivial_augment"}
