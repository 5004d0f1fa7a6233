"""The mean of outputs for several views of an image."""

import torch

from netspec.functional.views import mirrored
from netspec.recipe.test_time import Mirrored, apart
from netspec.training.showing import figures


def seen(shift):
    """The images that outputs are asked for, and the mean."""
    given = torch.arange(24.0).view(1, 1, 4, 6)
    asked = []

    def outputs(images):
        asked.append(images[0, 0])
        return images.flatten(1)

    return given[0, 0], asked, mirrored(outputs, given, shift)


def test_an_image_and_its_mirror_image_count_alike():
    image, asked, mean = seen(0)
    assert [each.tolist() for each in asked] == [image.tolist(), image.flip(1).tolist()]
    assert torch.equal(mean, (image + image.flip(1)).view(1, -1) / 2)


def test_images_moved_to_both_corners_count_half():
    image, asked, mean = seen(1)
    assert len(asked) == 6
    assert torch.equal(asked[2][1:, 1:], image[:-1, :-1])  # down and to the right
    assert torch.equal(asked[2][0, 1:], image[1, :-1])  # what comes in is reflected
    assert torch.equal(asked[4][:-1, :-1], image[1:, 1:])
    assert torch.equal(asked[5], asked[4].flip(1))
    whole = (asked[0] + asked[1]) / 4 + (asked[2] + asked[3] + asked[4] + asked[5]) / 8
    torch.testing.assert_close(mean[0], whole.flatten())


def test_figures_by_several_views_say_so_in_their_names():
    assert Mirrored(shift=2).written() == {"mirrored": 2}
    assert apart("mirrored_top5_error") == ("mirrored", "top5_error")
    assert apart("top5_error") == ("", "top5_error")
    assert figures.title("mirrored_accuracy") == "accuracy (mirrored)"
    assert figures.shown("mirrored_accuracy", 0.5) == "50.00%"
    metrics = {"test_loss": 1.0, "test_accuracy": 0.25, "test_mirrored_loss": 0.5, "test_mirrored_accuracy": 0.5}
    assert figures.tested(metrics, 8, "digits") == (
        "test accuracy 25.00% of 8 images, test accuracy (mirrored) 50.00%, "
        "test loss 1.0000, test loss (mirrored) 0.5000"
    )
