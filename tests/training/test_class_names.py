"""Two hundred random pairs of folders: each image is judged by the name of its own class, or all are refused."""

import json
import random
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netspec.diagnostics import Code, NetspecError
from netspec.diagnostics.styled import printable
from netspec.functional.data.image_files import Frame
from netspec.recipe.data.raw import Files, RawData
from netspec.training.feeding.decoding import Failure, Reader, Request
from netspec.training.judging.classes import Trained, trained_on
from tests.recipe.data.sets import dataset, encoded, picture, write

PAIRS = 200
NAMES = [
    *"abcdxyz",
    *("A", "B", "X", "cat", "Cat", "CAT", "cat ", "cat.1", "dog", "hot dog", "zebra", "ant", "Ärger", "猫", "Ä\u0308"),
    *("tab\t", "line\nbreak", "\u202emirror", "-", "'", "None", "true", "1e3", "01", "10", "11"),
    *map(str, range(6)),
]
PICTURE = encoded(picture())


@dataclass
class InMemory:
    """Encoded images."""

    images: tuple[bytes, ...]

    def __len__(self):
        return len(self.images)

    def name(self, row):
        return str(row)

    def data(self, row):
        return self.images[row]


def drawn(draws):
    """The names of a run's classes, and those of other data: often some of the same, in places of their own."""
    if draws.random() < 0.15:
        trained = [str(number) for number in range(draws.randint(2, 6))]
    else:
        trained = draws.sample(NAMES, draws.randint(2, 8))
    kind = draws.choice(["same", "fewer", "more", "other", "numbers"])
    if kind == "same":
        return trained, trained
    if kind == "fewer":
        return trained, draws.sample(trained, draws.randint(1, len(trained)))
    if kind == "more":
        return trained, [*trained[1:], *draws.sample([name for name in NAMES if name not in trained], 2)]
    if kind == "other":
        return trained, draws.sample(NAMES, draws.choice([len(trained), draws.randint(1, 8)]))
    return trained, [str(number) for number in range(draws.choice([len(trained), 3]))]


def folder(root, names):
    """A folder with a picture or two for each class."""
    for name in names:
        for index in range(1 + len(name) % 2):
            write(root / name / f"{index}.png", PICTURE)
    return dataset({"folder": str(root), "test": 0.0}).load()


def run_of(names, place):
    """What is left of a run on a folder of these classes that tells of them."""
    place.mkdir()
    raw = folder(place / "images", names)
    data = {"classes": [printable(name) for name in raw.classes]}
    text = json.dumps({"state": "done", "epochs": [], "task": "classification", "data": data})
    (place / "metrics.json").write_text(text)
    return trained_on(place, Code.DATA_MISMATCH)


@pytest.mark.parametrize("seed", range(PAIRS))
def test_a_pair_of_masks(seed):
    trained, own = (tuple(map(printable, names)) for names in drawn(random.Random(seed)))
    run = Trained(trained, Path("run"), Code.DATA_MISMATCH)
    pixels = [[*range(len(own)), 255]]
    mask = InMemory((encoded(Image.fromarray(np.array(pixels, dtype=np.uint8))),))
    raw = RawData(Files(mask, None, mask, 1), None, own)
    numbered = own == tuple(map(str, range(len(trained)))) != trained
    if not numbered and set(own) - set(trained):
        with pytest.raises(NetspecError, match="NS0804"):
            run.adopt(raw)
        return
    found = run.adopt(raw)
    _, masks = Reader(found.train, Frame(), (1, len(own) + 1), classes=len(trained))[Request([0], None)]
    *labels, blank = masks.flatten().tolist()
    assert [found.classes[label] for label in labels] == list(trained[: len(own)] if numbered else own)
    assert (found.classes, blank) == (trained, 255)
    strange = InMemory((encoded(Image.fromarray(np.full((1, 1), len(own), np.uint8))),))
    reader = Reader(replace(found.train, masks=strange, source=strange), Frame(), (1, 1), classes=len(trained))
    assert isinstance(reader[Request([0], None)], Failure)  # a class that its own data have not


@pytest.mark.parametrize("seed", range(PAIRS))
def test_a_pair(tmp_path, seed):
    trained, own = drawn(random.Random(seed))
    run = run_of(trained, tmp_path / "run")
    raw = folder(tmp_path / "other", own)
    numbered = sorted(own) == [str(number) for number in range(len(trained))] != sorted(trained)
    if not numbered and set(own) - set(trained):
        with pytest.raises(NetspecError) as error:
            run.adopt(raw)
        (told,) = error.value.diagnostics
        assert told.code is Code.DATA_MISMATCH
        return
    found = run.adopt(raw)
    true = [name.rsplit("/", 2)[-2] for name in map(raw.train.source.name, range(len(raw.train)))]
    wanted = [run.names[int(name)] for name in true] if numbered else [printable(name) for name in true]
    told = tuple(map(printable, found.classes))
    assert [told[label] for label in found.train.labels.tolist()] == wanted
    assert told == run.names
    assert numbered == any("go by their numbers" in note for note in found.notes)
