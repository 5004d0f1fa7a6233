"""A run goes on with its own data alone, wherever they lie: of every kind some bytes are known again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netspec.diagnostics import NetspecError
from netspec.recipe.recipe import read_recipe
from netspec.training.feeding.fingerprint import fingerprint_of
from netspec.training.keeping.data_used import check_own_data


def arrays(at: Path, change: int) -> dict[str, object]:
    pixels = np.zeros((6, 4, 4), np.uint8)
    pixels[5, 3, 3] = change
    np.savez(at / "a.npz", x_train=pixels, y_train=np.arange(6) % 2)
    return {"arrays": f"{at}/a.npz"}


def labels(at: Path, change: int) -> dict[str, object]:
    np.savez(at / "a.npz", x_train=np.zeros((4, 4, 4), np.uint8), y_train=[change, 1, 0, 1])
    return {"arrays": f"{at}/a.npz"}


def folder(at: Path, change: int) -> dict[str, object]:
    for number in range(6):
        (at / "ab"[number % 2]).mkdir(exist_ok=True)
        Image.new("L", (4, 4), change * (number == 5)).save(at / "ab"[number % 2] / f"{number}.png")
    return {"folder": str(at), "channels": 1}


def masks(at: Path, change: int) -> dict[str, object]:
    for part in ("images", "masks"):
        (at / "train" / part).mkdir(parents=True)
        for number in range(4):
            Image.new("L", (4, 4), change * (part == "masks")).save(at / "train" / part / f"{number}.png")
    return {"segmentation": str(at), "classes": 3, "channels": 1}


def table(at: Path, change: int) -> dict[str, object]:
    (at / "t.csv").write_text("a,b,y\n1,2,0\n3,4,1\n5,6,0\n7,8,1\n5,6,0\n" + f"7,{change},1\n")
    return {"table": f"{at}/t.csv", "target": "y"}


def texts(at: Path, change: int) -> dict[str, object]:
    (at / "train.txt").write_text(f"{change} is a text of some words " * 20)
    (at / "test.txt").write_text("a text of some words " * 20)
    return {"text": str(at), "length": 8}


def boxes(at: Path, change: int) -> dict[str, object]:
    for number in range(4):
        Image.new("RGB", (20, 20)).save(at / f"{number}.png")
        (at / f"{number}.txt").write_text(f"0 0.5 0.5 0.{change + 1} 0.5")
    return {"yolo": str(at), "classes": ["a"], "test": 0}


def drawn(at: Path, change: int) -> dict[str, object]:
    return {"synthetic": [1, 4, 4], "classes": 2, "examples": 8, "seed": change}


@pytest.mark.parametrize(
    "kind", [arrays, labels, folder, masks, table, texts, boxes, drawn], ids=lambda kind: kind.__name__
)
def test_data_are_known_again_by_their_content(kind: Callable[[Path, int], dict[str, object]], tmp_path: Path) -> None:
    def of(name: str, change: int) -> str:
        (tmp_path / name).mkdir()
        data = kind(tmp_path / name, change)
        recipe = {"data": data, "loss": "detector" if kind is boxes else "mse", "optimizer": {"sgd": 0.1}, "epochs": 1}
        return fingerprint_of(read_recipe(recipe).data.load())

    own, moved, changed = of("own", 0), of("moved", 0), of("changed", 1)
    assert own == moved
    assert own != changed


def test_a_run_goes_on_with_its_own_data_alone(tmp_path: Path) -> None:
    def kept(**data: object) -> None:
        (tmp_path / "metrics.json").write_text(json.dumps({"state": "interrupted", "epochs": [], "data": data}))

    kept(train=5, validation=1, fingerprint="a" * 64)
    check_own_data(tmp_path, 5, 1, "a" * 64, "rows")
    with pytest.raises(NetspecError, match=r"NS0806 the data are not those that .*: as many rows, of another content"):
        check_own_data(tmp_path, 5, 1, "b" * 64, "rows")
    with pytest.raises(NetspecError, match=r"NS0806 the data have 6 rows to train on, .* has 5: they are not its own"):
        check_own_data(tmp_path, 6, 1, "b" * 64, "rows")
    kept(train=5, validation=1)  # by an earlier version
    check_own_data(tmp_path, 5, 1, "b" * 64, "rows")
    kept(train=5, validation=1, fingerprint="A strange one")
    with pytest.raises(NetspecError, match=r"NS0902 .*fingerprint"):
        check_own_data(tmp_path, 5, 1, "b" * 64, "rows")
    shutil.rmtree(tmp_path)
    tmp_path.mkdir()
    check_own_data(tmp_path, 5, 1, "b" * 64, "rows")  # it was saved before its first figures
