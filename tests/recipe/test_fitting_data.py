"""A network held against what is known of its data before they are read: alike by check, train, build and search."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., tuple[int, str, str]]

SPEC = """\
netspec: 1
name: net
input: {input}
layers: [flatten, {{linear: {outputs}}}]
train: {{data: {data}, loss: {loss}, optimizer: {{sgd: 0.1}}, epochs: 1}}
"""
MNIST = {"input": [1, 28, 28], "outputs": 10, "data": "mnist", "loss": "cross_entropy"}
IMAGES = "mnist gives images of [1, 28, 28], the network takes [3, 28, 28]"
CLASSES = "mnist has 10 classes, the network gives [7]"


def written(**changed: object) -> None:
    Path("net.yaml").write_text(SPEC.format(**MNIST | changed))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"input": [3, 28, 28]}, [IMAGES]),
        ({"outputs": 7}, [CLASSES]),
        ({"input": [3, 28, 28], "outputs": 7}, [IMAGES, CLASSES]),
        ({"input": [1, 32, 32], "data": "{mnist: , pad: 2}"}, []),
        ({"input": [1, 32, 32], "data": "{mnist: , resize: 26, pad: 2}"}, ["mnist, resized and padded by the recipe"]),
        ({"data": "{synthetic: [1, 28, 28], classes: 10}"}, []),
        (
            {"data": "{synthetic: [3, 28, 28], classes: 9}"},
            ["synthetic gives images of [3,", "synthetic has 9 classes"],
        ),
        ({"outputs": 7, "loss": "mse"}, ["the network gives [7]"]),
        ({"outputs": 7, "data": "{folder: digits}"}, []),
    ],
    ids=["images", "classes", "both", "padded", "resized", "drawn", "drawn others", "no autoencoder", "yet to be read"],
)
def test_check_says_what_train_would(changed: dict[str, object], said: list[str], netspec: Run) -> None:
    written(**changed)
    code, out, _ = netspec("check", "net.yaml")
    assert (code, out.count("error[NS0804]")) == (int(bool(said)), len(said)), out
    assert out.count("net.yaml:5:") == len(said)
    for each in said:
        assert each in out
    if said:
        for command in (["train"], ["build", "--with-train", "-o", "net.py"]):
            code, _, err = netspec(command[0], "net.yaml", *command[1:])
            assert (code, err.count("error[NS0804]")) == (1, len(said)), err
        assert [file.name for file in Path().iterdir()] == ["net.yaml"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("{synthetic: [1, 28, 28], classes: 10, examples: 8, batch_size: 8}", None),
        ("{synthetic: [1, 28, 28], classes: 10, examples: 8, batch_size: 9}", "9 is larger than the 8 images"),
        ("{synthetic: [1, 28, 28], classes: 10, examples: 8, batch_size: 8, validation: 3}", "than the 5 images"),
        ("{synthetic: [1, 28, 28], classes: 10, examples: 9, batch_size: 4}", "leave a last one of 1"),
        ("{synthetic: [1, 28, 28], classes: 10, examples: 9, batch_size: 4, drop_last: true}", None),
        ("{synthetic: [1, 28, 28], classes: 10, examples: 9, batch_size: 4, validation: 0.2}", None),  # who knows
        ("{mnist: , batch_size: 60001}", "60,001 is larger than the 60,000 images"),
        ("{mnist: elsewhere, batch_size: 60001}", None),
    ],
)
def test_a_batch_that_known_data_cannot_fill_is_told_as_train_tells_it(
    data: str, said: str | None, netspec: Run
) -> None:
    written(data=data)
    text = Path("net.yaml").read_text().replace("{linear: 10}", "{linear: 10, bias: false}, batch_norm")
    Path("net.yaml").write_text(text)
    code, out, _ = netspec("check", "net.yaml")
    assert (code, said is None or said in out) == (int(said is not None), True), out
    if said:
        told = next(line for line in out.splitlines() if line.startswith("error["))
        assert told in netspec("train", "net.yaml", "--device", "cpu")[2]


def test_check_holds_data_against_the_network_without_torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    written(outputs=7)
    code = (
        "import sys; from netspec.cli import run as r; c = r(sys.argv[1:]); sys.exit(9 * ('torch' in sys.modules) + c)"
    )
    assert subprocess.run([sys.executable, "-c", code, "check", "net.yaml"], capture_output=True).returncode == 1


def test_a_search_refuses_what_no_trial_mends_before_the_first(netspec: Run) -> None:
    pytest.importorskip("optuna")
    written(outputs=7, data="{mnist: , validation: 0.1}")
    rate = ("--over", "train.optimizer.lr=0.1,0.2", "--grid")
    code, out, err = netspec("search", "net.yaml", *rate, "--maximize", "accuracy")
    assert (code, out, CLASSES in err, "net.yaml:5:" in err) == (1, "", True, True)
    assert not Path("runs").exists()
    assert netspec("search", "net.yaml", *rate, "--minimize", "params")[0] == 0  # nothing is trained


def test_a_search_refuses_the_points_that_do_not_fit(netspec: Run) -> None:
    pytest.importorskip("optuna")
    written(outputs="$size", data="{mnist: , validation: 0.1}")
    text = Path("net.yaml").read_text()
    Path("net.yaml").write_text(text.replace("name: net\n", "name: net\nparams: {size: 5}\n"))
    code, out, _ = netspec("search", "net.yaml", "--over", "size=6,7", "--grid", "--maximize", "accuracy")
    assert code == 1
    assert "trial 1  size=7  refused: mnist has 10 classes, the network gives [7]" in out
    assert "2 trials: 2 refused before torch saw them" in out


ROWS = """\
netspec: 1
name: net
input: [1, 28, 28]
layers: [{conv: 6, kernel: 5}, {max_pool: 2}, {linear: 10}]
train: {data: mnist, loss: cross_entropy, optimizer: {sgd: 0.1}, epochs: 1}
"""
SEVERAL = """\
netspec: 1
name: net
input: [1, 28, 28]
layers: [flatten, {linear: 10, name: digit}, {linear: 7, name: rest}]
outputs: {digit: digit, rest: rest}
train: {data: mnist, loss: {digit: cross_entropy, rest: cross_entropy}, optimizer: {sgd: 0.1}, epochs: 1}
"""


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        (SEVERAL, "6:57", "`rest`: mnist has 10 classes, the network gives [7]"),
        (SEVERAL.replace("{digit: cross_entropy, rest: cross_entropy}", "mse"), "6:28", "which one answers"),
        (
            SEVERAL.replace("input: [1, 28, 28]", "inputs: {a: [1, 28, 28], b: [1, 28, 28]}").replace(
                "flatten,", "{add: [a, b]}, flatten,"
            ),
            "6:15",
            "takes several inputs",
        ),
        (
            ROWS.replace("{linear: 10}", "flatten, {linear: 10}").replace("mnist,", "mnist, augment: [{crop: 99}],"),
            "5:32",
            "crop",
        ),
        (
            ROWS.replace("[1, 28, 28]", "{shape: [28], dtype: int64}").replace(
                "{conv: 6, kernel: 5}, {max_pool: 2}", "{embedding: 9, dim: 4}"
            ),
            "5:15",
            "the network takes int64",
        ),
    ],
    ids=["several outputs", "no main output", "several inputs", "a large crop", "whole numbers"],
)
def test_whatever_train_refuses_without_data_check_tells_at_its_key(
    text: str, place: str, said: str, netspec: Run
) -> None:
    Path("net.yaml").write_text(text)
    code, out, _ = netspec("check", "net.yaml")
    assert (code, said in out, f"net.yaml:{place}" in out) == (1, True, True)
    assert netspec("train", "net.yaml", "--device", "cpu")[2].count(said) >= 1
    assert not Path("runs").exists()


def test_answers_for_rows_are_an_error_of_the_data_and_a_warning_of_the_layer(netspec: Run) -> None:
    Path("net.yaml").write_text(ROWS)
    code, out, _ = netspec("check", "net.yaml")
    assert (code, "error[NS0804]: mnist has 10 classes, the network gives [6, 12, 10]" in out) == (1, True)
    assert ("warning[NS2020]" in out, "fix 1: `flatten` before it" in out) == (True, True)
    assert netspec("check", "net.yaml", "--fix=1")[0] == 0
