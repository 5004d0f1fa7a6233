"""What `netspec init` writes for data of each kind fits them, and trains."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import netspec
from netspec.diagnostics import NetspecError
from netspec.driver.recipes import recipe_of
from netspec.starting.networks import network
from netspec.starting.seen import Seen

RANDOM = np.random.default_rng(0)


def picture(path: str, height: int = 12, width: int = 12, *, gray: bool = False, most: int = 255) -> None:
    place = Path(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    shape = (height, width) if gray else (height, width, 3)
    Image.fromarray(RANDOM.integers(0, most + 1, shape).astype(np.uint8)).save(place)


def folder() -> str:
    for number in range(12):
        picture(f"pets/{'cat' if number % 2 else 'do$(1)g'}/{number}.png", 40 + number)
    return "pets"


def gray() -> str:
    for number in range(12):
        picture(f"scans/{number % 3}/{number}.png", 12, 15, gray=True)
    return "scans"


def alone() -> str:
    for number in range(12):
        picture(f"alone/{number}.png", 12, 20)
    return "alone"


def masks() -> str:
    for number in range(12):
        picture(f"seg/images/{number}.jpg", 18, 27)
        picture(f"seg/masks/{number}.png", 18, 27, gray=True, most=3)
    return "seg"


def boxes() -> str:
    for number in range(8):
        picture(f"found/{number}.png", 40, 30)
        told = {"boxes": [[2, 3, 20, 30]], "labels": ["ant" if number % 2 else "bee"]}
        Path(f"found/{number}.json").write_text(json.dumps(told))
    return "found"


def listing() -> str:
    with Path("list.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["path", "label"])
        for number in range(12):
            picture(f"listed/{number}.png")
            rows.writerow([f"listed/{number}.png", "xy"[number % 2]])
    return "list.csv"


def table() -> str:
    with Path("houses.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["rooms", "street", "price"])
        rows.writerows([number % 5, "abc"[number % 3], number / 60] for number in range(60))
    return "{table: houses.csv, target: price}"


def classes() -> str:
    with Path("kinds.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["length", "class"])
        rows.writerows([number / 7, "abc"[number % 3]] for number in range(60))
    return "kinds.csv"


def sequences() -> str:
    x = RANDOM.random((60, 2, 50)).astype(np.float32)
    np.savez("heard.npz", x_train=x, y_train=np.arange(60) % 4)
    return "{arrays: heard.npz, layout: sequences}"


def several() -> str:
    x, y = RANDOM.random((60, 5)).astype(np.float32), RANDOM.integers(0, 2, (60, 3)).astype(np.float32)
    np.savez("tags.npz", x_train=x, y_train=y)
    return "tags.npz"


def numbers() -> str:
    np.savez("code.npz", x_train=RANDOM.random((30, 9)).astype(np.float32))
    return "code.npz"


def texts() -> str:
    Path("books").mkdir()
    for number in range(10):
        Path(f"books/{number}.txt").write_text("to be or not to be, that is the question. " * 20)
    return "books"


KINDS: dict[Callable[[], str], tuple[str, list[int], list[int]]] = {
    folder: ("folder", [3, 32, 32], [2]),
    gray: ("folder", [1, 12, 15], [3]),
    alone: ("folder", [3, 12, 20], [3, 12, 20]),
    masks: ("segmentation", [3, 16, 24], [4, 16, 24]),
    listing: ("list", [3, 12, 12], [2]),
    table: ("table", [4], [1]),
    classes: ("table", [1], [3]),
    sequences: ("arrays", [2, 50], [4]),
    several: ("arrays", [5], [3]),
    numbers: ("arrays", [9], [9]),
}


@pytest.mark.parametrize("make", KINDS, ids=lambda make: make.__name__)
def test_a_start_takes_what_the_data_give(make: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    kind, taken, told = KINDS[make]
    text = netspec.start(make()).text
    assert ("task: {regression: , standardised: true}" in text) is (make is table)
    spec = netspec.loads(text)
    graph = netspec.elaborate(spec)
    ((shape,), (output,)) = ([list(each.shape) for each in some.values()] for some in (graph.inputs, graph.outputs))
    assert (recipe_of(spec).data.key, shape, output) == (kind, taken, told)
    assert netspec.review(spec) == []
    run = netspec.train(spec, steps=1, device="cpu", out="run")
    assert run.metrics["test_loss"] > 0


def test_texts_and_boxes_start_from_networks_of_the_zoo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    spoken, found = (netspec.loads(netspec.start(make()).text) for make in (texts, boxes))
    assert (recipe_of(spoken).data.key, recipe_of(found).data.key) == ("text", "boxes")
    detection = netspec.elaborate(found).detection
    assert detection is not None
    assert "classes: 3" in netspec.start("found").text  # two, and the background
    assert netspec.review(spoken) == netspec.review(found) == []


@pytest.mark.parametrize("told", ["classes", "labels", "values", "masks", "image"])
def test_networks_of_all_sizes_are_sound(told):
    """Without a warning: no border is lost, and what is averaged sees the whole image."""
    for size in (*range(1, 40), 63, 64, 65, 100, 127, 129, 200, 224, 256):
        for shape in ((3, size, size), (1, size, 2 * size + 1), (2, size), (size,)):
            if told == "masks":  # whose sizes are multiples of 8
                shape = (shape[0], *(8 * length for length in shape[1:]))
                if len(shape) != 3 or size > 32:
                    continue
            names = () if told in ("values", "image") else ("a", "b", "c")
            lines = ["netspec: 1", "name: net", *network(Seen(shape, told, names, 2, {}))]
            spec = netspec.loads("\n".join(lines))
            ((output,),) = [tuple(netspec.elaborate(spec).outputs.values())]
            expected = {"values": (2,), "image": shape, "masks": (3, *shape[1:])}.get(told, (3,))
            assert tuple(output.shape) == expected, shape
            assert [each.message for each in netspec.review(spec)] == [], shape


@pytest.mark.parametrize("name", ["digits", "python_stdlib", "shapes"])
def test_sets_that_need_no_place_are_taken_by_their_names(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = netspec.start(name)
    assert (made.name, recipe_of(netspec.loads(made.text)).data.key) == (name, name)


@pytest.mark.parametrize(
    ("data", "code", "said"),
    [
        ("nothere", "NS0802", "there is nothing at nothere"),
        ("", "NS0802", "there is nothing"),
        ("digit", "NS0802", "did you mean `digits`?"),
        ("plain.csv", "NS0804", "--data '{table: plain.csv, target: b}'"),
        ("black", "NS0804", "give each class a number"),
        ("other.doc", "NS0804", "no file of data"),
        ("empty", "NS0804", "nothing in empty"),
        ("pipe", "NS0804", "neither a file nor a folder"),
        ("{folder: pets, resise: 3}", "NS0205", "did you mean `resize`?"),
        ("{", "NS0101", "YAML"),
        ("{table: plain.csv}", "NS0206", "needs `target`"),
        ("{digits: }\nlayers: [relu]", "NS0804", "stands behind it"),
        ("{digits: , digits: }", "NS0102", "digits"),
        ("{folder: loop}", "NS0802", "there is no folder loop"),
        ('{folder: "a\\0b"}', "NS0802", "there is no folder"),
        ("one\udcff", "NS0802", "there is nothing at"),
        ("colours", "NS0804", "no gray image of 8 bits"),
        ("whole.csv", "NS0803", "--data '{table: whole.csv, target: target}'"),
        ("few.npz", "NS0804", "2 examples to learn from"),
        ("gaps.npz", "NS0804", "1,001 classes for 24 examples"),
        ("odd.npz", "NS0804", "multiples of 8"),
        ("grids.npz", "NS0804", "each example tells values of [2, 2]"),
        ("{text: short.txt}", "NS0804", "tokens, and a window 128"),
    ],
)
def test_what_tells_no_start_is_refused(data, code, said, tmp_path, monkeypatch):
    import os

    from netspec.diagnostics.render import render
    from netspec.diagnostics.styled import plain

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NETSPEC_DATA", raising=False)
    Path("plain.csv").write_text("a,b\n1,2\n")
    Path("other.doc").write_text("x")
    Path("empty").mkdir()
    os.mkfifo("pipe")
    for number in range(3):
        picture(f"black/images/{number}.png")
        Path("black/masks").mkdir(exist_ok=True)
        Image.fromarray(np.full((12, 12), 255 * (number % 2), np.uint8)).save(f"black/masks/{number}.png")
    Path("loop").symlink_to("loop")
    Path("short.txt").write_text("to be")
    Path("whole.csv").write_text("a,target\n" + "1,200000\n2,300000\n" * 10)
    for number in range(3):
        picture(f"colours/images/{number}.png")
        picture(f"colours/masks/{number}.png")
    x = np.zeros((30, 30, 31), np.uint8)
    np.savez("few.npz", x_train=x[:2], y_train=np.arange(2))
    np.savez("gaps.npz", x_train=x, y_train=np.r_[1000, np.zeros(29, np.int64)])
    np.savez("grids.npz", x_train=x, y_train=RANDOM.random((30, 2, 2)).astype(np.float32))
    np.savez("odd.npz", x_train=x, y_train=np.arange(30 * 30 * 31).reshape(x.shape) % 3)
    with pytest.raises(NetspecError) as refused:
        netspec.start(data)
    assert refused.value.diagnostics[0].code.number == code
    assert said in plain(render(refused.value.diagnostics))


def test_names_of_strangers_stay_texts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("$(1 + 1)", "a: b #c", "- x", 'it\'s "q"', "{folder: x}", "new\nline", "123"):
        for number in range(12):
            picture(f"./{name}/{'a#' if number % 2 else 'b: $(x'}\n: 1/{number}.png")
        made = netspec.start(f"./{name}")
        spec = netspec.loads(made.text)
        found = recipe_of(spec).data
        assert found.path == f"./{name}" or found.path == name  # type: ignore[attr-defined]
        assert set(spec.document.data) == {"netspec", "name", "doc", "input", "layers", "train"}


def test_the_command_writes_a_file_and_replaces_none(tmp_path, monkeypatch, capsys):
    from netspec.cli import run

    monkeypatch.chdir(tmp_path)
    assert run(["init"]) == 0
    written = Path("digits.yaml").read_text()
    assert "digits.yaml is a convolutional network that takes [1, 8, 8] and tells 10 classes" in capsys.readouterr().out
    assert run(["init"]) == 2
    assert "digits.yaml is there already" in capsys.readouterr().err
    assert run(["init", "net.txt"]) == 2
    assert run(["init", "other.yaml"]) == 0
    assert Path("other.yaml").read_text() == written.replace("name: digits", "name: other")
    capsys.readouterr()
    assert run(["init", "-"]) == 0
    assert capsys.readouterr().out == written
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["digits.yaml", "other.yaml"]


def test_a_file_that_is_made_meanwhile_is_left(tmp_path, monkeypatch, capsys):
    from netspec import api
    from netspec.cli import run

    start = api.start

    def late(*given):
        made = start(*given)
        Path("net.yaml").write_text("precious")
        return made

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(api, "start", late)
    assert run(["init", "net.yaml"]) == 2
    assert "net.yaml is there already" in capsys.readouterr().err
    assert Path("net.yaml").read_text() == "precious"


def test_what_is_printed_can_be_run(tmp_path, monkeypatch, capsys):
    from netspec.cli import run

    monkeypatch.chdir(tmp_path)
    assert run(["init", "$(x) \x1b[31m.yaml"]) == 0
    told = capsys.readouterr().out
    assert "\x1b" not in told
    assert "netspec train '$(x) " in told


def test_paths_and_plain_data_are_taken(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    price = netspec.start(table()).text
    assert netspec.start({"table": "houses.csv", "target": "price"}).text == price
    assert netspec.start(Path(classes())).text == netspec.start("kinds.csv").text
