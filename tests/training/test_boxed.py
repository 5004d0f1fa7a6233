"""Images with boxes on their way to a detector: batches of lists, in the order of all data."""

import pytest
import torch

from netspec.diagnostics import NetspecError
from netspec.recipe.recipe import read_recipe
from netspec.training.feeding.batches import in_order
from netspec.training.feeding.samples import prepare
from netspec.training.feeding.step_examples import Feed
from netspec.training.parallel.world import Share

CPU = torch.device("cpu")
SHAPES = {"shapes": 40, "size": [40, 56], "sides": [6, 20], "objects": [0, 3], "test": 10, "batch_size": 8}


def recipe_with(data=SHAPES, **more):
    written = {"data": data, "loss": "cross_entropy", "optimizer": {"sgd": 0.1}, "epochs": 2, **more}
    return read_recipe(written)


def everything(batches):
    """All images and targets of batches, as plain values."""
    return [
        (image.tolist(), {name: part.tolist() for name, part in target.items()})
        for images, targets in batches
        for image, target in zip(images, targets, strict=True)
    ]


def test_a_batch_is_lists_of_images_and_of_targets():
    samples = prepare(recipe_with().data, CPU)
    assert [len(part) for part in samples.objects] == [len(samples.train), len(samples.test)]
    assert samples.classes == ("circle", "square", "triangle")
    (batch, _) = samples.test.batches(in_order(samples.test, 8))
    assert (len(batch.images), len(batch.targets), batch.rows.tolist()) == (8, 8, list(range(8)))
    for image, target in zip(batch.images, batch.targets, strict=True):
        count = len(target["labels"])
        assert (image.shape, image.dtype) == ((3, 40, 56), torch.uint8)
        forms = {name: (list(part.shape), part.dtype) for name, part in target.items()}
        assert forms == {
            "boxes": ([count, 4], torch.float32),
            "labels": ([count], torch.int64),
            "area": ([count], torch.float32),
            "iscrowd": ([count], torch.int64),
        }
    assert 0 in {len(target["labels"]) for target in batch.targets}
    (made, *_) = samples.inputs(batch.images)
    assert torch.equal(made, batch.images[0].float() / 255)


def test_held_out_images_are_apart_from_those_to_train_on():
    samples = prepare(recipe_with({**SHAPES, "validation": 0.25}).data, CPU)
    assert (len(samples.train), len(samples.validation), len(samples.test)) == (30, 10, 10)
    parts = [
        {str(image.tolist()) for batch in split.batches(in_order(split, 10)) for image in batch.images}
        for split in (samples.train, samples.validation, samples.test)
    ]
    assert len(set.union(*parts)) == 50


MOVED = ["alternating_flip", {"scale_jitter": [0.6, 1.4]}, {"crop": 36}, {"color_jitter": None, "brightness": 0.3}]


@pytest.mark.parametrize("augment", [[], MOVED], ids=["plain", "augmented"])
def test_steps_are_the_same_wherever_an_epoch_is_taken_up(augment):
    recipe = recipe_with(augment=augment)
    samples = prepare(recipe.data, CPU)
    feed = Feed(recipe, samples, Share(0, 1))
    whole = everything(feed.batches(1, 0))
    assert len(whole) == 40
    assert everything(feed.batches(1, 3)) == whole[24:]
    assert everything(feed.batches(0, 0)) != whole
    halves = [everything(Feed(recipe, samples, Share(rank, 2)).batches(1, 0)) for rank in (0, 1)]
    assert sorted(map(str, halves[0] + halves[1])) == sorted(map(str, whole))
    parts = {name for _, target in whole for name in target}
    assert parts == ({"boxes", "labels"} if augment else {"boxes", "labels", "area", "iscrowd"})


def test_an_augmented_image_is_seen_from_both_sides_in_two_epochs():
    recipe = recipe_with(augment=["alternating_flip"])
    samples = prepare(recipe.data, CPU)
    feed = Feed(recipe, samples, Share(0, 1))
    first, second = ([dict(zip("it", each, strict=True)) for each in everything(feed.batches(n, 0))] for n in (0, 1))
    flipped = {str(torch.tensor(each["i"]).flip(2).tolist()) for each in first}
    assert {str(each["i"]) for each in second} == flipped


def test_the_examples_of_a_step_have_names_with_numbers():
    recipe = recipe_with()
    samples = prepare(recipe.data, CPU)
    feed = Feed(recipe, samples, Share(0, 1))
    found = feed.examples(0, 2)
    inputs, targets = list(feed.batches(0, 0))[2]
    assert torch.equal(found["inputs.7"], inputs[7])
    assert torch.equal(found["boxes.3"], targets[3]["boxes"])
    assert torch.equal(found["images.0"].float() / 255, found["inputs.0"])
    assert len(found["rows"]) == 8


@pytest.mark.parametrize(
    ("data", "augment", "reason"),
    [
        (SHAPES, ["flip", "mixup"], "`mixup` cannot move boxes"),
        (SHAPES, [{"randaugment": 3}], "`randaugment` cannot move boxes"),
        ("digits", ["zoom_out"], "`zoom_out` is for images with boxes alone"),
    ],
)
def test_augmentations_that_do_not_go_with_the_data_are_refused(data, augment, reason):
    with pytest.raises(NetspecError, match=reason) as error:
        recipe_with(data, augment=augment)
    assert len(error.value.diagnostics) == 1
