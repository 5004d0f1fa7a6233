"""A script reads a folder as netspec does, whatever its parts are called; or refuses it, as netspec does."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from netspec.diagnostics import NetspecError
from netspec.driver.recipes import recipe_of
from netspec.functional.examples import Data
from netspec.recipe.data.raw import RawData
from netspec.training.feeding.decoded import Decoder
from tests.companions.recipes import digits
from tests.companions.test_readers import same
from tests.recipe.data.sets import encoded, folder, masked, parquet, picture, write
from tests.recipe.data.test_data_in_silence import PAIRS

PICTURE = encoded(picture())


def by_netspec(data: dict[str, Any]) -> RawData:
    part = recipe_of(digits({"data": data})).data
    found = part.load()
    decoder = Decoder.of(part, found)
    return decoder.read(found) if decoder else found


def by_script(data: dict[str, Any]) -> Data:
    part = recipe_of(digits({"data": data})).data
    reader = part.reader()
    assert reader
    assert part.script_folder
    found: Data = reader(Path(part.script_folder))
    return found


def check_alike(data: dict[str, Any]) -> Data:
    found, wanted = by_script(data), by_netspec(data)
    assert same(found.train, wanted.train)
    assert same(found.test, wanted.test)
    assert same(found.validation, wanted.validation)
    return found


def check_refused(data: dict[str, Any], told: str) -> None:
    """Both refuse, with the same words."""
    with pytest.raises(NetspecError, match=told):
        by_netspec(data)
    with pytest.raises((ValueError, OSError), match=told):
        by_script(data)


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder(tmp_path_factory.mktemp("data"), parts=("",), each=2)


@pytest.mark.parametrize("names", [*PAIRS, ("seg_train", "seg_val", "seg_test"), ("Train", "dev", "evaluation")])
def test_parts_of_any_name(names: tuple[str, ...], classes: Path, tmp_path: Path) -> None:
    for name in names:
        shutil.copytree(classes, tmp_path / name)
    found = check_alike({"folder": str(tmp_path)})
    assert found.test
    assert (len(found.train), len(found.test)) == (6, 6)
    assert (found.validation is None) == (len(names) == 2)


def a_class_called_train(root: Path) -> None:
    folder(root, parts=("",))
    write(root / "train/0.png", PICTURE)


def aside(root: Path) -> None:
    folder(root)
    for name in ("cover.png", "extra/red/0.png", "train/lost.png", "train/red/notes.txt", "val/red/1.image"):
        write(root / name, PICTURE)


def left_behind(root: Path) -> None:
    folder(root, parts=("",))
    for name in (".DS_Store", ".cache/0.png", "__MACOSX/red/0.png", "red/@eaDir/0.png", "Thumbs.db", "red/._0.png"):
        write(root / name, PICTURE)


def linked(root: Path) -> None:
    folder(root, parts=("",))
    (root / "yellow").symlink_to("red")
    (root / "red/more.png").symlink_to("../blue/0.png")


def classes_that_differ_by_case(root: Path) -> None:
    write(folder(root) / "train/Red/0.png", PICTURE)


def a_class_that_is_not_tested(root: Path) -> None:
    shutil.rmtree(folder(root) / "val/green")


@pytest.mark.parametrize(
    "make",
    [a_class_called_train, aside, left_behind, linked, classes_that_differ_by_case, a_class_that_is_not_tested],
)
def test_what_may_be_read_otherwise(make: Callable[[Path], None], tmp_path: Path) -> None:
    make(tmp_path)
    check_alike({"folder": str(tmp_path)})


def parts_or_classes(root: Path) -> None:
    folder(root, parts=("",))
    for part in ("train", "test"):
        write(root / part / "0.png", PICTURE)


def twins(root: Path) -> None:
    folder(root, ("train", "Training", "test"))


def nothing_to_train_on(root: Path) -> None:
    folder(root, ("test_images", "val_images"))


def around(root: Path) -> None:
    folder(root / "pets", parts=("",))


def within(root: Path) -> None:
    for name in ("cat/train", "cat/test", "dog/train", "dog/test"):
        write(root / name / "0.png", PICTURE)


def without_images(root: Path) -> None:
    write(root / "read.me", b"nothing")


def without_images_to_test(root: Path) -> None:
    write(folder(root, parts=("train",)) / "test/read.me", b"nothing")


def an_empty_class(root: Path) -> None:
    write(folder(root) / "train/notes/read.me", b"nothing")


def another_case(root: Path) -> None:
    (folder(root) / "val/red").rename(root / "val/Red")


def link_out_of_a_class(root: Path) -> None:
    folder(root / "other", parts=("",))
    folder(root / "data", parts=("",))
    (root / "data/red/x.png").symlink_to(root / "other/blue/0.png")


def not_an_image(root: Path) -> None:
    folder(root, parts=("",))
    write(root / "red/x.png", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n")


def deep(root: Path) -> None:
    folder(root, parts=("",), size=(8, 8))
    Image.fromarray(np.full((8, 8), 0.5, np.float32)).save(root / "red/x.tif")


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (parts_or_classes, "beside blue, green, red, all with images: they may be parts or classes"),
        (twins, "has Training, train, which are the same part"),
        (nothing_to_train_on, "has no folder train beside val_images"),
        (around, "holds a single folder, pets, which holds others: blue, green, red"),
        (within, "cat holds test, train: the parts are outside the classes"),
        (without_images, "holds neither images nor folders of classes"),
        (without_images_to_test, "test.*holds neither images nor folders of classes"),
        (an_empty_class, "train/notes: the class has no images"),
        (another_case, "has the class Red, which the training images lack"),
        (not_an_image, "x.png"),
        (deep, "its pixels are of 32 bits"),
    ],
)
def test_what_is_refused(make: Callable[[Path], None], told: str, tmp_path: Path) -> None:
    make(tmp_path)
    check_refused({"folder": str(tmp_path)}, told)


@pytest.mark.parametrize("in_memory", [True, False])
def test_images_of_too_many_pixels_are_refused(in_memory: bool, tmp_path: Path) -> None:
    write(folder(tmp_path, parts=("",), size=(6, 5)) / "red/x.png", encoded(picture(size=(12, 10))))
    data = {"folder": str(tmp_path), "resize": [6, 5], "in_memory": in_memory}

    def read(most: int) -> Any:
        train = by_script({**data, "max_pixels": most}).train
        return train.images[torch.arange(len(train))]

    with pytest.raises(ValueError, match=r"x\.png: it has 120 pixels; up to 60 are decoded"):
        read(60)
    assert len(read(120)) > 0


@pytest.mark.parametrize("target", ["..", ".", "yellow", "nowhere", "../other/blue"])
def test_links_that_are_refused(target: str, tmp_path: Path) -> None:
    for name in ("data", "other"):
        folder(tmp_path / name, parts=("",), each=2)
    (tmp_path / "data/yellow").symlink_to(target)
    check_refused({"folder": str(tmp_path / "data")}, "link")


def test_links_that_lead_out(tmp_path: Path) -> None:
    link_out_of_a_class(tmp_path)
    check_refused({"folder": str(tmp_path / "data")}, "x.png: it is a link that leads out of the folder")
    check_alike({"folder": str(tmp_path / "data"), "follow_links": True})


def test_a_test_that_the_recipe_asks_for(tmp_path: Path) -> None:
    folder(tmp_path)
    check_refused({"folder": str(tmp_path), "test": 0.5}, "the data have test images of their own")
    shutil.rmtree(tmp_path / "val")
    check_refused({"folder": str(tmp_path), "test": 0.01}, "`test: 0.01` holds no example out")
    check_alike({"folder": str(tmp_path), "test": 0.5})
    check_alike({"folder": str(tmp_path), "test": 0})


def test_masks(tmp_path: Path) -> None:
    masked(tmp_path, ("img_train", "img_val"))
    data = {"segmentation": str(tmp_path), "classes": 2}
    mask = tmp_path / "img_train/masks/0.png"
    shutil.copy(mask, mask.with_stem("9"))
    check_alike(data)
    Image.fromarray(np.zeros((12, 10), np.uint8)).save(mask.with_suffix(".gif"))
    check_refused(data, "0.gif")
    mask.with_suffix(".gif").unlink()
    kept = mask.read_bytes()
    mask.write_bytes(PICTURE)
    check_refused(data, "colours")
    mask.unlink()
    check_refused(data, "mask")
    mask.write_bytes(kept)
    check_alike(data)
    (tmp_path / "img_val/masks").rename(tmp_path / "img_val/annotations")
    check_refused(data, "has no folder masks")


def test_files_of_parquet(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    for name in ("training-0", "Testing-0", "extra", "deep/evaluation"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        parquet(tmp_path / f"{name}.parquet", [0, 1, 0, 1])
    check_alike({"parquet": str(tmp_path)})
    (tmp_path / "extra.parquet").rename(tmp_path / "train_test.parquet")
    check_refused({"parquet": str(tmp_path)}, "says two parts")
    for file in tmp_path.glob("*.parquet"):
        file.unlink()
    check_refused({"parquet": str(tmp_path)}, "to train on")


def test_columns_of_parquet(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet as files

    given = {"id": [3, 4, 5, 6], "name": list("abcd"), "pixels": [PICTURE] * 4, "class": [0, 1, 1, 0]}
    files.write_table(pyarrow.table(given), tmp_path / "train.parquet")
    data = {"parquet": str(tmp_path), "test": 0}
    check_alike(data)
    check_refused({**data, "image_column": "id"}, "encoded images")
    check_refused({**data, "label_column": "told"}, "no .*column `told`")
    files.write_table(pyarrow.table({**given, "class": [None, 1, 1, 0]}), tmp_path / "train.parquet")
    check_refused(data, "class")
    files.write_table(pyarrow.table(given).slice(0, 0), tmp_path / "test.parquet")
    files.write_table(pyarrow.table(given), tmp_path / "train.parquet")
    check_refused(data, "it has no rows")
    (tmp_path / "test.parquet").unlink()
    files.write_table(pyarrow.table({**given, "pixels": list("abcd")}), tmp_path / "train.parquet")
    check_refused(data, "no column .*encoded images")


def test_cifar_as_parquet(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet as files

    for part, count in (("train", 20), ("test", 10)):
        pixels = [{"bytes": encoded(picture(row, size=(32, 32))), "path": None} for row in range(count)]
        rows = pyarrow.table({"img": pixels, "label": [row % 10 for row in range(count)]})
        files.write_table(rows, tmp_path / f"{part}-0.parquet")
    assert len(check_alike({"cifar10": str(tmp_path)}).train) == 20
