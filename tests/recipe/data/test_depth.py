"""Images of 16 bits and of floats: read to their whole depth, alike by `train`, scripts and `predict`."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from netspec.diagnostics import Code, NetspecError
from netspec.functional.data.depth import shares_in
from netspec.recipe.augment.geometric import RandomResizedCrop
from netspec.recipe.data.encoded import Encoded
from netspec.training.feeding.batches import in_order
from netspec.training.feeding.decoded import Decoder
from netspec.training.feeding.samples import prepare
from netspec.training.judging.image_inputs import read_image
from tests.recipe.data.sets import dataset, encoded, picture, write

CPU = torch.device("cpu")
RANDOM = np.random.default_rng(3)


def gray(kind=np.uint16, size=(12, 10), low=0, high=65_536):
    values = RANDOM.uniform(low, high, size)
    return values.astype(kind)


def file_of(values, kind="PNG"):
    file = io.BytesIO()
    Image.fromarray(values).save(file, kind)
    return file.getvalue()


def folder(root, make, ending="png", each=4):
    """The images of each file's name, in folders of two classes."""
    found = {}
    for name in ("cell", "void"):
        for index in range(each):
            values, content = make()
            found[f"{name}/{index}"] = values
            write(root / name / f"{index}.{ending}", content)
    return found


def of(form, ending, **options):
    def make():
        values = gray(**options)
        return values, file_of(values, form)

    return make, ending


def read(root, by="folder", **options):
    """The images as `netspec train` reads them, which a script must do too, and their brightest value."""
    part = dataset({by: str(root), "test": 0, **options})
    found, raw = part.reader()(Path(part.script_folder)), part.load()
    samples = prepare(part, CPU) if options.get("in_memory") is False else None
    made = Decoder.of(part, raw).read(raw)
    theirs = found.train.images[torch.arange(len(found.train))]
    assert theirs.dtype == made.train.images.dtype
    assert torch.equal(theirs, made.train.images)
    assert found.brightest == made.brightest
    if samples:
        batches = samples.train.batches(in_order(samples.train, 3))
        assert torch.equal(torch.cat([batch.images for batch in batches]), theirs)
        assert samples.scene.brightest == made.brightest
    return made.train.images, made.brightest


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM"])
@pytest.mark.parametrize("channels", [1, 3])
def test_16_bits_are_shares_of_65535(tmp_path, kind, channels):
    make, ending = of(kind, {"PNG": "png", "TIFF": "tif", "PPM": "pgm"}[kind])
    wanted = folder(tmp_path, make, ending)
    images, brightest = read(tmp_path, channels=channels)
    assert (images.dtype, brightest, images.shape) == (torch.float32, 1.0, (8, channels, 12, 10))
    for image, values in zip(images, wanted.values(), strict=True):
        assert torch.equal(image, torch.from_numpy(values.astype(np.float32) / 65_535).expand(channels, -1, -1))


@pytest.mark.parametrize("in_memory", [True, False])
def test_levels_of_floats(tmp_path, in_memory):
    make, ending = of("TIFF", "tiff", kind=np.float32, low=-1200, high=1200)
    wanted = folder(tmp_path, make, ending)
    images, brightest = read(tmp_path, levels=[-1000, 1000], channels=1, in_memory=in_memory, workers=0)
    assert brightest == 1.0
    for image, values in zip(images, wanted.values(), strict=True):
        torch.testing.assert_close(image[0], torch.from_numpy((values + 1000) / 2000).clip(0, 1))
    assert (float(images.min()), float(images.max())) == (0.0, 1.0)


def test_levels_turned_about_and_of_12_bits(tmp_path):
    make, ending = of("PNG", "png", high=4096)
    wanted = folder(tmp_path, make, ending)
    images, _ = read(tmp_path, levels=[4095, 0], channels=1)
    for image, values in zip(images, wanted.values(), strict=True):
        torch.testing.assert_close(image[0], 1 - torch.from_numpy(values.astype(np.float32)) / 4095)


def test_images_of_both_depths(tmp_path):
    folder(tmp_path, *of("PNG", "png"))
    write(tmp_path / "cell/1.png", encoded(picture(5, (10, 200, 90))))
    images, _ = read(tmp_path)
    wanted = torch.from_numpy(np.array(picture(5, (10, 200, 90)))).permute(2, 0, 1)
    torch.testing.assert_close(images[1], wanted / 255)


def test_they_are_resized_in_their_own_depth(tmp_path):
    ramp = np.tile(np.arange(40, dtype=np.uint16) * 3 + 30_000, (40, 1))
    folder(tmp_path, lambda: (ramp, file_of(ramp)))
    images, _ = read(tmp_path, resize=[20, 20], channels=1)
    assert len(images[0].unique()) == 20  # 120 of 65,536 values: 8 bits would see one or two
    cropped, _ = read(tmp_path, shorter=20, crop=10, channels=1, in_memory=False, workers=0)
    torch.testing.assert_close(cropped, images[:, :, 5:15, 5:15], atol=1e-6, rtol=0)


def test_random_pieces_of_a_stream(tmp_path):
    folder(tmp_path, *of("PNG", "png"))
    part = dataset({"folder": str(tmp_path), "test": 0, "in_memory": False, "workers": 0})
    crop = RandomResizedCrop(size=(6, 6))
    samples = prepare(part, CPU, [crop])
    draws = torch.rand(8, crop.numbers)
    (batch,) = samples.train.batches([torch.arange(8)], [draws])
    assert (batch.images.dtype, batch.images.shape) == (torch.float32, (8, 3, 6, 6))
    assert 0 <= float(batch.images.min()) <= float(batch.images.max()) <= 1
    streamed = part.reader()(tmp_path).train.images
    boxes = crop_boxes(crop)
    torch.testing.assert_close(streamed.cropped(torch.arange(8), draws, boxes, (6, 6)), batch.images)


def crop_boxes(crop):
    return lambda numbers, height, width: crop.boxes(numbers, height, width)


@pytest.mark.parametrize(
    ("make", "ending", "levels"),
    [
        (*of("PNG", "png"), None),
        (*of("TIFF", "tif", kind=np.float32, high=3), [0, 3]),
        (lambda: (None, encoded(picture(7))), "png", [0, 300]),
    ],
)
def test_predict_reads_them_alike(tmp_path, make, ending, levels):
    folder(tmp_path, make, ending)
    part = dataset({"folder": str(tmp_path), "test": 0, "channels": 1, **({"levels": levels} if levels else {})})
    assert isinstance(part, Encoded)
    raw = part.load()
    images = Decoder.of(part, raw).read(raw).train.images
    found = read_image(tmp_path / f"cell/0.{ending}", 1, part)
    assert torch.equal(found[0], images[0])


@pytest.mark.parametrize(
    ("content", "levels", "told"),
    [
        (lambda: file_of(gray(np.float32), "TIFF"), None, "its pixels are of 32 bits (mode F): write their range"),
        (lambda: file_of(gray(np.int32), "TIFF"), None, "its pixels are of 32 bits (mode I)"),
        (lambda: file_of(np.full((12, 10), np.nan, np.float32), "TIFF"), [0, 1], "it holds what is no finite number"),
        (lambda: sixteen_bits_of_colour(), [0, 65_535], "its colours have 16 bits, and are read as 8"),
    ],
)
def test_pixels_without_a_range_are_refused_with_the_fix(tmp_path, content, levels, told):
    folder(tmp_path, lambda: (None, content()))
    part = dataset({"folder": str(tmp_path), "test": 0, **({"levels": levels} if levels else {})})
    with pytest.raises(NetspecError) as caught:
        prepare(part, CPU)
    assert {each.code for each in caught.value.diagnostics} == {Code.DATA_BROKEN}
    assert told in caught.value.diagnostics[0].message
    with pytest.raises(ValueError, match=told.partition(" (")[0]):
        part.reader()(tmp_path)
    with pytest.raises(NetspecError) as caught:
        read_image(tmp_path / "cell/0.png", 3, part)
    assert told in caught.value.diagnostics[0].message


def sixteen_bits_of_colour():
    """A PNG of 16 bits and three colours, which Pillow cannot write."""
    import struct
    import zlib

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = b"".join(b"\0" + RANDOM.bytes(60) for _ in range(12))
    head = struct.pack(">IIBBBBB", 10, 12, 16, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def test_a_lone_deep_image_that_was_not_looked_at_is_named(tmp_path):
    for index in range(40):
        write(tmp_path / f"cell/{index:02}.png", encoded(picture(index)))
    place = write(tmp_path / "cell/01.png", file_of(gray()))
    part = dataset({"folder": str(tmp_path), "test": 0})
    with pytest.raises(NetspecError) as caught:
        prepare(part, CPU)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.message.startswith(f"{place}: its pixels have more than 8 bits, those of images that were")
    with pytest.raises(ValueError, match="more than 8 bits"):
        part.reader()(tmp_path)


@pytest.mark.parametrize("levels", [[0, 0], 3, [0, 1, 2], ["a", "b"], [0, float("inf")]])
def test_levels_are_two_different_numbers(levels):
    with pytest.raises(NetspecError) as caught:
        dataset({"folder": "x", "levels": levels})
    assert caught.value.diagnostics[0].expected == "two different numbers: [black, white]"


def test_levels_are_not_for_cifar():
    with pytest.raises(NetspecError, match="`levels` is not for CIFAR-10"):
        dataset({"cifar10": None, "levels": [0, 1]})


def test_shares():
    found = shares_in(np.array([-5.0, 0, 1, 2, 9], np.float32), (0.0, 2.0))
    assert found.tolist() == [0, 0, 0.5, 1, 1]
