"""One door opens image files: of formats on a list, bounded before they are decoded, the first picture alone."""

import ast
import io
import subprocess
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageFile, ImageOps

import netspec
from netspec.diagnostics import Code, NetspecError
from netspec.functional.data.image_files import ENDINGS, FORMATS
from netspec.images.door import MOST_PIXELS, Unreadable, opened
from netspec.images.formats import format_of
from netspec.recipe.data.decode import image_of, mask_of
from netspec.training.feeding.samples import prepare
from netspec.training.judging.image_inputs import image_files, read_image
from tests.images import hostile_images as hostile
from tests.recipe.data.sets import dataset, encoded, folder, masked, parquet, picture, write

CPU = torch.device("cpu")
SOURCES = sorted(Path(netspec.__file__).parent.rglob("*.py"))

Image.init()
OTHERS = [
    "AVIF",
    "DDS",
    "EPS",
    "ICNS",
    "ICO",
    "IM",
    "JPEG2000",
    "MSP",
    "PCX",
    "PDF",
    "QOI",
    "SGI",
    "SPIDER",
    "TGA",
    "XBM",
]
"""What Pillow writes and netspec does not read."""


def names_of(tree):
    """Names and attributes that a module uses, and what it imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield f"{ast.unparse(node.value)}.{node.attr}"
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


READERS = ("imread", "read_image", "decode_image", "decode_jpeg", "decode_png", "ImageFolder", "DatasetFolder")
READERS += ("default_loader", "pil_loader", "LOAD_TRUNCATED_IMAGES", "MAX_IMAGE_PIXELS", "cv2", "imageio")


def test_nothing_else_opens_images():
    """Training scripts have a door of their own, with the same list of formats."""
    found = {}
    for file in SOURCES:
        tree = ast.parse(file.read_text())
        opens = {name for name in names_of(tree) if name.endswith("Image.open") or name.split(".")[-1] in READERS}
        if opens:
            found[file.name] = opens
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        opened = [call for call in calls if ast.unparse(call.func) == "Image.open"]
        assert all("formats" in [each.arg for each in call.keywords] for call in opened)
    assert found == {"door.py": {"Image.open"}, "decoding.py": {"Image.open"}}
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


@pytest.fixture
def no_programs(monkeypatch):
    """Fails where something starts a program."""

    def refuse(*args, **options):
        raise AssertionError(f"{args} was started")

    for name in ("Popen", "run", "call", "check_call", "check_output"):
        monkeypatch.setattr(subprocess, name, refuse)


def script(root):
    write(folder(root) / "train/red/0.png", hostile.POSTSCRIPT)
    return {"folder": str(root)}


def script_as_a_mask(root):
    write(masked(root) / "train/masks/1.png", hostile.POSTSCRIPT + b"IEND")
    return {"segmentation": str(root), "classes": 2}


def script_in_parquet(root):
    images = [hostile.POSTSCRIPT if index == 1 else encoded(picture(index)) for index in range(6)]
    return {"parquet": str(parquet(root / "a.parquet", [0, 1] * 3, images))}


@pytest.mark.parametrize("make", [script, script_as_a_mask, script_in_parquet])
def test_a_data_set_starts_no_program(tmp_path, no_programs, make):
    if make is script_in_parquet:
        pytest.importorskip("pyarrow")
    with pytest.raises(NetspecError) as caught:
        prepare(dataset({**make(tmp_path), "workers": 0}), CPU)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code is Code.DATA_BROKEN
    assert (
        "it is no image that is read (JPEG, PNG, WebP, GIF, BMP, TIFF or PPM): it begins with 25 21 50 53"
        in diagnostic.message
    )


def test_a_prediction_starts_no_program(tmp_path, no_programs):
    with pytest.raises(NetspecError, match="it is no image that is read"):
        read_image(write(tmp_path / "a.png", hostile.POSTSCRIPT), 3, dataset("digits"))


@pytest.mark.parametrize("kind", OTHERS)
def test_other_formats_that_pillow_knows_are_refused(kind, no_programs):
    mode = {"MSP": "1", "XBM": "1", "SPIDER": "F"}.get(kind, "RGB")
    content = encoded(picture(size=(32, 32), mode=mode), kind)
    with pytest.raises(Unreadable, match="it is no image that is read"):
        opened(content)


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_ending_is_read(tmp_path, ending):
    kind = next(kind for kind, endings in FORMATS.items() if ending in endings)
    mode = {".pgm": "L", ".pbm": "1"}.get(ending, "RGB")
    content = encoded(picture(3, hostile.GREEN, mode=mode), kind)
    assert format_of(content[:32]) == kind
    place = write(tmp_path / f"a{ending.upper()}", content)
    assert list(image_files([tmp_path])) == [place]
    wanted = np.array(Image.open(place).convert("RGB")).transpose(2, 0, 1)
    assert np.array_equal(read_image(place, 3, dataset("digits"))[0], wanted)


def test_the_name_is_not_asked_what_the_format_is(tmp_path):
    place = write(tmp_path / "a.png", encoded(picture(), "BMP"))
    assert read_image(place, 3, dataset("digits")).shape == (1, 3, 12, 10)


REFUSED = {
    hostile.text_bomb: "its header is broken .*MAX_TEXT_CHUNK",
    hostile.exif_bomb: "its notes claim 3..,...,... bytes of 65,000",
    hostile.scan_bomb: "more than 256 times",
    hostile.tile_bomb: "tiles of 1,073,741,824 pixels",
    hostile.tiff_notes_bomb: "its notes claim",
    hostile.webp_canvas: "268,402,689 pixels",
}


@pytest.mark.parametrize("make", REFUSED, ids=lambda make: make.__name__)
def test_what_costs_more_than_it_shows_is_refused_before_it_is_decoded(make, monkeypatch):
    content = make()
    assert len(content) < 4 << 20
    if make is not hostile.text_bomb:  # which Pillow has a bound of its own for
        monkeypatch.setattr(Image, "open", lambda *args, **options: pytest.fail("Pillow was given it"))
    with pytest.raises(Unreadable, match=REFUSED[make]):
        image_of(content, 3)


@pytest.mark.parametrize("side", [8_193, 12_000])
def test_pixels_are_bounded_by_the_header(tmp_path, side, monkeypatch):
    content = hostile.png(side, side)
    assert side * side > MOST_PIXELS
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda self: pytest.fail("it was decoded"))
    with pytest.raises(NetspecError) as caught:
        read_image(write(tmp_path / "a.png", content), 1, dataset("digits"))
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code is Code.FILE_UNREADABLE
    named = f"a.png: it has {side * side:,} pixels, {side:,}x{side:,}; up to 67,108,864 are decoded"
    assert named in diagnostic.message
    assert "`max_pixels` that `data` says" in diagnostic.message


def test_the_recipe_can_set_the_bound(tmp_path):
    folder(tmp_path, size=(30, 40))
    assert prepare(dataset({"folder": str(tmp_path), "max_pixels": 1_200}), CPU).read == (3, 30, 40)
    with pytest.raises(NetspecError, match="it has 1,200 pixels, 30x40; up to 1,199 are decoded"):
        prepare(dataset({"folder": str(tmp_path), "max_pixels": 1_199}), CPU)
    with pytest.raises(NetspecError, match="NS0207"):
        dataset({"folder": str(tmp_path), "max_pixels": 2**40})


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_the_first_picture_alone_is_read(kind, monkeypatch):
    sought = []
    content = hostile.animation(kind, 30)
    monkeypatch.setattr(ImageFile.ImageFile, "seek", lambda self, frame: sought.append(frame))
    found = np.array(image_of(content, 3))
    assert not sought
    assert abs(found.reshape(-1, 3).mean(0) - hostile.GREEN).max() < 20


def test_the_first_of_two_pictures_in_a_jpeg():
    found = np.array(image_of(hostile.with_a_second_picture(), 3))
    assert abs(found.reshape(-1, 3).mean(0) - hostile.GREEN).max() < 20


def test_a_page_that_follows_itself_is_read_once():
    assert image_of(hostile.page_loop(), 1).size == (12, 10)
    assert mask_of(hostile.page_loop(), None).shape == (10, 12)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("held", range(1, 9))
def test_pictures_are_turned_as_pillow_turns_them(kind, held):
    image = picture(held, size=(10, 20))
    exif = image.getexif()
    exif[0x0112] = held
    content = encoded(image, kind, exif=exif)
    wanted = ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGB")
    assert np.array_equal(np.array(image_of(content, 3)), np.array(wanted))


def test_pictures_are_turned_by_what_others_wrote_too():
    notes = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    assert image_of(encoded(picture(size=(10, 20)), "WEBP", xmp=notes), 3).size == (10, 20)


@pytest.mark.parametrize("seed", range(8))
def test_broken_headers_are_told_of_in_one_way(seed):
    """Whatever bytes are changed, a picture comes out or `Unreadable` is raised."""
    draw = np.random.default_rng(seed)
    for kind in FORMATS:
        content = np.frombuffer(encoded(picture(seed, size=(16, 16)), kind), np.uint8)
        for _ in range(12):
            changed = content.copy()
            at = draw.integers(0, min(len(content), 400), 6)
            changed[at] = draw.integers(0, 256, 6)
            for read in (lambda data: image_of(data, 3), lambda data: mask_of(data, None)):
                with suppress(Unreadable):
                    assert read(changed.tobytes()) is not None


@pytest.mark.parametrize("magic", [b"P1", b"P3", b"P4", b"P6"])
def test_a_header_of_comments_alone_is_not_read_to_its_end(magic):
    notes = (b"#" + b"x" * 60 + b"\n") * 100_000
    with pytest.raises(Unreadable, match=r"its header is longer than 65,536 bytes"):
        opened(magic + b"\n" + notes + b"8 8 255\n" + bytes(192))


def test_a_header_with_some_comments_is_read():
    pixels = bytes(range(256)) * 300
    assert opened(b"P6\n# made by hand\n160 #width\n160\n255\n" + pixels).size == (160, 160)
    assert opened(b"P4 1024 1024\n" + bytes(131_072)).size == (1024, 1024)
