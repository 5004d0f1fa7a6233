"""`netspec build` with what it writes beside a source, and instead of one."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from netspec import api
from netspec.cli import run

Netspec = Callable[..., tuple[int, str, str]]


@pytest.fixture
def build(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Netspec:
    """Runs `netspec build` in an empty folder; gives exit code, standard output and error stream."""
    monkeypatch.chdir(tmp_path)

    def call(*args: str) -> tuple[int, str, str]:
        code = run(["build", *args])
        return code, *capsys.readouterr()

    return call


def test_companions_stand_beside_the_source_and_are_held_in_step(build: Netspec) -> None:
    both = ("--with-train", "--with-test")
    assert build("lenet", "-o", "net.py", *both) == (0, "", "")
    assert sorted(path.name for path in Path().iterdir()) == ["net.py", "test_net.py", "train_net.py"]
    assert Path("net.py").read_text() == api.generate(api.load("lenet"))
    assert "\nfrom net import LeNet as Network\n" in Path("train_net.py").read_text()
    said = "net.py, train_net.py and test_net.py are in step with lenet\n"
    assert build("lenet", "--check", "net.py", *both) == (0, said, "")

    Path("train_net.py").write_text(Path("train_net.py").read_text().replace("EPOCHS = 10\n", "EPOCHS = 11\n"))
    code, out, err = build("lenet", "--check", "net.py", *both)
    assert (code, err) == (1, "")
    assert out.startswith("--- train_net.py\n")
    assert "-EPOCHS = 11\n+EPOCHS = 10\n" in out
    assert build("lenet", "--check", "net.py", "--with-test")[0] == 0
    assert build("lenet", "-o", "net.py", *both)[0] == 0
    assert build("lenet", "--check", "net.py", *both)[0] == 0
    assert build("lenet", "--check", "net.py", "--set", "train.epochs=3") == (0, "net.py is in step with lenet\n", "")
    assert build("lenet", "--check", "net.py", "--set", "train.epochs=3", "--with-train")[0] == 1

    Path("train_net.py").unlink()
    code, _, err = build("lenet", "--check", "net.py", *both)
    assert (code, "there is no file train_net.py" in err) == (1, True)


def test_a_file_of_somebody_else_s_is_not_overwritten(build: Netspec) -> None:
    Path("train_net.py").write_text("mine")
    code, _, err = build("lenet", "-o", "net.py", "--with-train")
    assert (code, "train_net.py is there, and netspec did not make it" in err) == (1, True)
    assert [path.name for path in Path().iterdir()] == ["train_net.py"]
    assert Path("train_net.py").read_text() == "mine"


@pytest.mark.parametrize(
    "args",
    [
        ("--with-train",),
        ("--with-test", "-o", "-"),
        ("-o", "net.py", "--package", "net"),
        ("--check", "net.py", "--package", "net"),
    ],
)
def test_options_that_do_not_go_together(build: Netspec, args: tuple[str, ...]) -> None:
    code, out, err = build("lenet", *args)
    assert (code, out) == (2, "")
    assert "--output" in err
    assert not list(Path().iterdir())


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (
            ("lenet", "-o", "my-net.py"),
            "my-net.py cannot be imported by the files beside it: its name is none of a module",
        ),
        (("lenet", "-o", "net.txt"), "its name is none of a module"),
        (("lenet", "-o", "class.py"), "its name is none of a module"),
        (("lenet", "-o", "torch.py"), "it would hide the module `torch`"),
        (("lenet", "-o", "json.py"), "it would hide the module `json`"),
        (("resnet18", "-o", "net.py"), "`resnet18` has no section `train`"),
        (("resnet18", "--package", "net"), "`resnet18` has no section `train`"),
        (("lenet", "--set", "input=[1, 32, 32]", "-o", "net.py"), "mnist gives images of [1, 28, 28]"),
    ],
)
def test_what_has_no_script_is_said_and_nothing_written(build: Netspec, args: tuple[str, ...], said: str) -> None:
    code, out, err = build(*args, "--with-train")
    assert (code, out) == (1, "")
    assert said in err
    assert not list(Path().iterdir())


@pytest.mark.parametrize("name", ["resnet18", "retinanet_resnet50_fpn"])
def test_the_recipe_that_is_proposed_is_one_that_the_network_takes(build: Netspec, name: str) -> None:
    _, _, err = build(name, "-o", "net.py", "--with-train")
    proposed = re.search(r"add `train: (\{.*\})`, say", " ".join(err.split()))
    assert proposed is not None
    Path("recipe.yaml").write_text(proposed[1])
    assert run(["check", name, "--recipe", "recipe.yaml"]) == 0


def test_a_recipe_of_netspecs_own_that_fits_is_named_and_taken(build: Netspec) -> None:
    _, _, err = build("gpt_bytes", "-o", "net.py", "--with-train")
    assert "help: take netspec's own, which fits: `--recipe bytes`\n" in err
    assert build("gpt_bytes", "-o", "net.py", "--with-train", "--recipe", "bytes") == (0, "", "")
    assert "netspec.functional" not in Path("train_net.py").read_text()
    code, _, err = build("gpt_bytes", "-o", "net.py", "--recipe", "bytes")
    assert (code, "--with-train" in err) == (2, True)


@pytest.mark.parametrize(
    ("input", "classes", "said"),
    [
        ("[1, 8, 8]", 10, "help: add `train: {data: digits,"),
        ("[3, 32, 32]", 10, "`--recipe cifar`; or add `train: {data: {folder: FOLDER, resize:"),
        ("[3, 224, 224]", 10, "help: add `train: {data: {folder: FOLDER, resize:"),
        ("[1, 4, 6]", 1, "help: write one: `netspec recipes`"),
    ],
)
def test_the_proposed_data_are_of_a_networks_sizes(build: Netspec, input: str, classes: int, said: str) -> None:
    layers = f"[global_avg_pool, flatten, {{linear: {classes}}}]"
    Path("bare.yaml").write_text(f"{{netspec: 1, name: bare, input: {input}, layers: {layers}}}\n")
    code, _, err = build("bare.yaml", "-o", "net.py", "--with-train")
    assert (code, said in err) == (1, True), err


def test_packages(build: Netspec) -> None:
    assert build("lenet", "--package", "made", "--with-train") == (0, "", "")
    assert Path("made/src/lenet/train.py").exists()
    assert build("lenet", "--check", "made", "--with-train") == (0, "made is in step with lenet\n", "")
    code, out, _ = build("lenet", "--check", "made", "--with-train", "--set", "train.seed=1")
    assert code == 1
    assert "--- made/src/lenet/train.py\n" in out
    code, _, err = build("resnet18", "--package", "made")
    assert (code, "error[NS0903]: made cannot be `resnet18`'s package" in err) == (1, True)


def test_names_that_a_script_uses_itself_are_no_trouble(build: Netspec) -> None:
    spec = Path("path.yaml")
    text = "netspec: 1\nname: path\ninput: [1, 8, 8]\nlayers: [flatten, {linear: 10}]\n"
    spec.write_text(f"{text}train: {{data: digits, loss: nll, optimizer: {{sgd: 1e-2}}, epochs: 1}}\n")
    assert build("path.yaml", "-o", "way.py", "--with-train", "--with-test") == (0, "", "")
    assert "\nfrom way import Path as Network\n" in Path("train_way.py").read_text()
    assert "Network()" in Path("train_way.py").read_text()
    assert "\nfrom way import Path\n" in Path("test_way.py").read_text()
