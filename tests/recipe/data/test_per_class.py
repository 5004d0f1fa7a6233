"""`per_class`: so many images of each class are to train on, as results on Caltech101 are told."""

import pytest
import torch

from netspec.diagnostics import Code, NetspecError
from netspec.training.feeding.samples import prepare
from tests.recipe.data.sets import COLOURS, dataset, encoded, folder, parquet, picture, write


def read(root, kind="folder", **options):
    return prepare(dataset({kind: str(root), **options}), torch.device("cpu"))


def refused(root, **options):
    with pytest.raises(NetspecError) as caught:
        read(root, **options)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code in (Code.DATA_MISMATCH, Code.BAD_OPTION)
    return f"{diagnostic.message} {diagnostic.help}"


@pytest.fixture(scope="module")
def uneven(tmp_path_factory):
    """6 images of blue, 9 of green, 12 of red."""
    root = folder(tmp_path_factory.mktemp("uneven"), parts=("",))
    for label, (name, colour) in enumerate(COLOURS.items()):
        for index in range(6, 6 + 3 * label):
            write(root / name / f"{index}.png", encoded(picture(500 + 20 * label + index, colour)))
    return root


@pytest.mark.parametrize("in_memory", [True, False])
def test_each_class_has_as_many_and_all_others_judge(uneven, in_memory):
    samples = read(uneven, per_class=4, in_memory=in_memory, workers=0)
    assert samples.train.labels.bincount().tolist() == [4, 4, 4]
    assert samples.test.labels.bincount().tolist() == [2, 5, 8]
    assert not samples.notes


def test_the_split_is_that_of_its_own_seed(uneven):
    def learned(**options):
        samples = read(uneven, per_class=4, range=[0, 255], **options)
        return {tuple(image.flatten().tolist()) for image in samples.train.images}

    assert learned() == learned()
    assert learned() != learned(split_seed=2)
    assert learned(split_seed=2) == learned(split_seed=2)


def test_images_are_held_out_of_those_that_are_learned(uneven):
    samples = read(uneven, per_class=4, validation=0.5)
    assert samples.validation.labels.bincount().tolist() == [2, 2, 2]
    assert samples.train.labels.bincount().tolist() == [2, 2, 2]


def test_classes_with_too_few_are_named(uneven):
    told = refused(uneven, per_class=10)
    assert "`per_class: 10`: there are fewer images of the classes blue (6), green (9)" in told
    assert "write a smaller number" in told


def test_a_class_of_which_none_is_left_is_noted(uneven):
    (note,) = read(uneven, per_class=6).notes
    assert note == "no image of the class blue is held out for test: they have too few"


def test_where_it_does_not_fit(uneven, tmp_path):
    for index in range(4):
        write(tmp_path / f"flat/{index}.png", encoded(picture(index)))
    assert "the images have no classes" in refused(tmp_path / "flat", per_class=2)
    assert "test images of their own" in refused(folder(tmp_path / "parts"), per_class=2)
    assert "takes all of 18 images" in refused(folder(tmp_path / "all", parts=("",)), per_class=6)
    assert "exclude each other" in refused(uneven, per_class=2, test=0.5)
    with pytest.raises(NetspecError, match="has no class of its own"):
        dataset({"segmentation": "x", "classes": 2, "per_class": 3})


def test_of_a_table_of_images(tmp_path):
    pytest.importorskip("pyarrow")
    file = parquet(tmp_path / "all.parquet", [0, 1, 2, 0, 1, 2, 0, 1, 2, 2])
    samples = read(file, "parquet", per_class=2)
    assert (samples.train.labels.bincount().tolist(), samples.test.labels.bincount().tolist()) == ([2, 2, 2], [1, 1, 2])
