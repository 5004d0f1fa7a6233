"""Images on their way to the network: resized, padded, brought into a range, split."""

import pytest
import torch
from torch.nn import functional as F

from netspec.diagnostics import Code
from netspec.recipe.data import DataSet
from netspec.recipe.data.raw import Images, RawData
from netspec.training.feeding.samples import prepared as prepare_raw
from netspec.training.run import train
from tests.training.networks import lenet, network, recipe, refused

CPU = torch.device("cpu")


def raw(count=6, channels=1, height=28, width=28, brightest=255):
    generator = torch.Generator().manual_seed(0)

    def images(count):
        pixels = torch.randint(0, brightest + 1, (count, channels, height, width), generator=generator)
        return Images(pixels.to(torch.uint8), torch.arange(count) % 10)

    return RawData(images(count), images(3), classes=tuple("0123456789"), brightest=brightest)


def prepared(data, **options):
    return prepare_raw(data, DataSet.members["digits"](**options), CPU)


@pytest.mark.parametrize(("ends", "brightest"), [((-0.1, 1.175), 255), ((-1, 1), 255), ((1, 0), 16)])
def test_range(ends, brightest):
    data = raw(brightest=brightest)
    found = prepared(data, range=list(ends)).train.images
    low, high = ends
    torch.testing.assert_close(found, low + (high - low) * data.train.images.float() / brightest)
    black = data.train.images == 0
    assert black.any()
    torch.testing.assert_close(found[black].unique(), torch.tensor([float(low)]))
    torch.testing.assert_close(found[data.train.images == brightest].unique(), torch.tensor([float(high)]))


def test_the_frame_is_background():
    found = prepared(raw(), pad=2, range=[-0.1, 1.175])
    for part in (found.train, found.test):
        assert part.images.shape[1:] == (1, 32, 32)
        frame = part.images.clone()
        frame[:, :, 2:-2, 2:-2] = -0.1
        torch.testing.assert_close(frame, torch.full_like(frame, -0.1))
    torch.testing.assert_close(found.train.images[:, :, 2:-2, 2:-2], prepared(raw(), range=[-0.1, 1.175]).train.images)


def test_two_numbers_are_vertical_and_horizontal():
    assert prepared(raw(), pad=[1, 3]).train.images.shape == (6, 1, 30, 34)
    assert prepared(raw(), resize=[8, 12]).train.images.shape == (6, 1, 8, 12)
    assert prepared(raw(), resize=[8, 12], pad=[2, 0]).train.images.shape == (6, 1, 12, 12)


def test_resize_is_antialiased():
    """Every pixel is a mean weighted by the triangle that is as wide as the pixels that it stands for."""
    data = raw(2)
    found = prepared(data, resize=16, range=[0, 255]).train.images
    step = 28 / 16
    centres = (torch.arange(16) + 0.5) * step - 0.5
    weights = (1 - (torch.arange(28) - centres[:, None]).abs() / step).clamp(min=0)
    weights /= weights.sum(1, keepdim=True)
    torch.testing.assert_close(found, weights @ data.train.images.float() @ weights.T, rtol=1e-4, atol=1e-3)


def test_resize_equals_torchvision():
    transforms = pytest.importorskip("torchvision.transforms.v2")
    data = raw(2, channels=3)
    for size in (16, 40):
        wanted = transforms.Resize((size, size), antialias=True)(data.train.images.float())
        torch.testing.assert_close(prepared(data, resize=size, range=[0, 255]).train.images, wanted)


def test_without_a_range_pixels_are_standardised():
    found = prepared(raw(200, channels=3), pad=1, validation=0.2)
    both = torch.cat([found.train.images, found.validation.images])
    torch.testing.assert_close(both.mean((0, 2, 3)), torch.zeros(3), atol=1e-4, rtol=0)
    torch.testing.assert_close(both.std((0, 2, 3), correction=0), torch.ones(3))
    shift, scale = (torch.tensor(values).view(-1, 1, 1) for values in (found.inputs.shift, found.inputs.scale))
    again = found.test.images * scale + shift
    torch.testing.assert_close(again, F.pad(raw(200, channels=3).test.images.float(), (1,) * 4), atol=1e-3, rtol=1e-5)


def test_the_held_out_images_are_the_same_in_any_size():
    plain, sized = (prepared(raw(50), validation=0.2, **options) for options in ({}, {"resize": 14, "pad": 3}))
    assert plain.validation.targets.tolist() == sized.validation.targets.tolist()
    assert sized.validation.images.shape == (10, 1, 20, 20)


@pytest.mark.parametrize(
    ("wanted", "options", "told"),
    [
        ((1, 16, 16), {}, ["gives images of [1, 8, 8]", "[1, 16, 16]", "`pad: 4` or `resize: 16`"]),
        ((1, 5, 5), {}, ["write `resize: 5` at `data`, or write `input: [1, 8, 8]`"]),
        ((1, 9, 12), {}, ["write `resize: [9, 12]` at"]),
        ((1, 10, 12), {}, ["`pad: [1, 2]` or `resize: [10, 12]`"]),
        ((1, 16, 16), {"resize": 14}, ["digits, resized and padded by the recipe,", "`pad: 1` or `resize: 16`"]),
        ((1, 16, 16), {"pad": 2}, ["of [1, 12, 12]", "`pad: 4` or `resize: 12`"]),
        ((1, 4, 4), {"pad": 2}, ["write `input: [1, 12, 12]`"]),
        ((3, 8, 8), {}, ["write `input: [1, 8, 8]`, or choose other data"]),
        ((64,), {}, ["write `input: [1, 8, 8]`, or choose other data"]),
    ],
)
def test_what_would_fit_is_said(tmp_path, wanted, options, told):
    given = recipe(1, data={"digits": None, **options})
    text = refused(Code.DATA_MISMATCH, network(lenet, wanted), given, device="cpu", out=tmp_path)
    assert all(words in text for words in told), text


def test_what_would_fit_fits():
    digits = DataSet.members["digits"]
    assert digits(pad=4).shape((1, 8, 8)) == digits(resize=16).shape((1, 8, 8)) == (1, 16, 16)
    assert digits(pad=2, resize=12).shape((1, 8, 8)) == (1, 16, 16)


def test_metrics_tell_what_was_done(tmp_path):
    options = {"digits": None, "resize": 24, "pad": [2, 2], "range": [-1, 1]}
    metrics = train(network(lenet, (1, 28, 28)), recipe(1, data=options), device="cpu", out=tmp_path).metrics
    assert metrics["data"]["images"] == [1, 28, 28]
    assert (metrics["data"]["shift"], metrics["data"]["scale"]) == ((8.0,), (8.0,))
    assert metrics["recipe"]["data"] == {**options, "resize": (24, 24), "pad": (2, 2), "range": (-1.0, 1.0)} | {
        "batch_size": 128,
        "validation": 0.0,
        "mean": None,
        "std": None,
        "drop_last": False,
        "sampler": "shuffled",
    }
