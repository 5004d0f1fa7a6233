"""The places where a training script looks for its data."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Any

import pytest

from netspec.driver.recipes import recipe_of
from netspec.functional.data.idx_files import FILES
from netspec.functional.data.places import located
from tests.companions.recipes import digits


def written(folder: Path, first: int) -> None:
    """Four files of two images each."""
    folder.mkdir(parents=True)
    for name in FILES:
        sizes = (2, 28, 28) if "images" in name else (2,)
        head = struct.pack(f">BBBB{len(sizes)}I", 0, 0, 8, len(sizes), *sizes)
        count = 2 * 28 * 28 if "images" in name else 2
        (folder / f"{name}.gz").write_bytes(gzip.compress(head + bytes([first] * count)))


def read(data: dict[str, Any], folder: Path) -> int:
    """The first label of what a recipe's reader reads."""
    reader = recipe_of(digits({"data": data}, input=[1, 28, 28])).data.reader()
    assert reader
    return int(reader(folder).train.targets[0])


@pytest.mark.parametrize("key", ["mnist", "fashion_mnist"])
def test_known_data_are_looked_for_where_the_environment_says(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NETSPEC_DATA", str(tmp_path / "all"))
    written(tmp_path / "all" / key, 3)
    assert read({key: None}, tmp_path / "none") == 3
    written(tmp_path / "own" / key, 4)
    assert read({key: None}, tmp_path / "own") == 4
    with pytest.raises(FileNotFoundError, match="holds no train-images"):
        read({key: "mine"}, tmp_path / "mine")  # any other would be other data


@pytest.mark.parametrize("key", ["mnist", "cifar10"])
def test_a_download_that_fails_is_told_in_a_line_and_leaves_nothing_empty(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    datasets = pytest.importorskip("torchvision.datasets")

    def fail(root: str, *_: Any, **__: Any) -> None:
        Path(root, "MNIST", "raw").mkdir(parents=True)
        raise RuntimeError("no net:\n<urlopen error>")

    monkeypatch.delenv("NETSPEC_DATA", raising=False)
    monkeypatch.setattr(datasets, "MNIST", fail)
    monkeypatch.setattr(datasets, "CIFAR10", fail)
    (tmp_path / "kept").mkdir()
    for folder in (tmp_path / "new" / "data", tmp_path / "kept"):
        with pytest.raises(FileNotFoundError, match=r"its download failed: no net: <urlopen error>"):
            read({key: None}, folder)
    assert list(tmp_path.rglob("*")) == [tmp_path / "kept"]


def test_what_a_recipe_names_is_looked_for_below_the_folder_of_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NETSPEC_DATA", "all")
    (tmp_path / "all").mkdir()
    (tmp_path / "all" / "list.csv").touch()
    assert located(Path("list.csv")) == Path("all/list.csv")
    (tmp_path / "list.csv").touch()
    assert located(Path("list.csv")) == Path("list.csv")
    assert located(Path("no.csv")) == Path("no.csv")
