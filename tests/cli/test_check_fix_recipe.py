"""`netspec check --fix` on recipes: the section `train`, and a file of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import netspec
from netspec import api
from netspec.cli import run

DIGITS = "netspec: 1\nname: n\ninput: [1, 8, 8]\nlayers: [flatten, {linear: 10, name: fc}]\n"
RECIPE = "# for digits\ndata: digits\nloss: cross_entropy\noptimizer:\n  adamw: 1e-3   # the usual\nepochs: 3\n"


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path("net.yaml")


def test_a_recipe_in_a_file_is_mended_there(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec.write_text(DIGITS)
    recipe = Path("recipe.yaml")
    recipe.write_bytes(RECIPE.replace("adamw", "adamW").replace("\n", "\r\n").encode())
    assert run(["check", "net.yaml", "--recipe", "recipe.yaml"]) == 1
    assert "error[NS0204]: there is no optimizer `adamW`\n --> recipe.yaml:5:3\n" in capsys.readouterr().out
    assert run(["check", "--fix", "net.yaml", "--recipe", "recipe.yaml"]) == 0
    assert "recipe.yaml: `adamw` instead of `adamW`" in capsys.readouterr().out
    assert recipe.read_bytes().decode() == RECIPE.replace("\n", "\r\n")
    assert spec.read_text() == DIGITS


def test_a_spec_and_its_recipe_s_file_are_mended_at_once(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec.write_text(DIGITS.replace("flatten", "flaten"))
    Path("recipe.yaml").write_text(RECIPE.replace("epochs", "epocs"))
    assert run(["check", "--fix", "net.yaml", "--recipe", "recipe.yaml", "--format", "json"]) == 0
    done = json.loads(capsys.readouterr().out)
    assert list(done["applied"]) == ["net.yaml", "recipe.yaml"]
    assert spec.read_text() == DIGITS
    assert Path("recipe.yaml").read_text() == RECIPE
    assert done["diagnostics"] == []


def test_a_recipe_that_is_no_mapping_is_told(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec.write_text(DIGITS)
    Path("recipe.yaml").write_text("- epochs\n")
    assert run(["check", "--fix", "net.yaml", "--recipe", "recipe.yaml"]) == 1
    said = capsys.readouterr().out
    assert "error[NS0105]: a recipe is a mapping of keys to values\n --> recipe.yaml:1:1\n" in said
    assert "nothing was changed: no small edit mends it" in said


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("remark", ["", "  # as in the spec"])
def test_a_recipe_s_file_with_the_key_of_a_spec_s_section_is_mended(remark: str, newline: str, spec: Path) -> None:
    spec.write_text(DIGITS)
    recipe, below = Path("recipe.yaml"), RECIPE.removeprefix("# for digits\n")
    indented = "".join(f"  {line}\n" for line in below.splitlines())
    recipe.write_bytes(f"# for digits\ntrain:{remark}\n{indented}".replace("\n", newline).encode())
    [told] = api.check("net.yaml", recipe=recipe)
    assert (told.message, told.span and told.span.line) == ("the keys of a recipe's file stand at its top", 2)
    assert run(["check", "--fix", "net.yaml", "--recipe", "recipe.yaml"]) == 0
    kept = f"{remark.strip()}\n" if remark else ""
    assert recipe.read_bytes().decode() == f"# for digits\n{kept}{below}".replace("\n", newline)


def test_a_recipe_below_train_is_one_error(spec: Path) -> None:
    spec.write_text(DIGITS)
    text = "train: {data: digits, loss: nll, optimizer: {sgd: 1}, epochs: 1}"
    Path("recipe.yaml").write_text(text)
    [told] = api.check("net.yaml", recipe="recipe.yaml")
    assert told.found == "the section `train`, as specs have it"
    assert [fix.text for fix in told.fixes] == [text.removeprefix("train: ")]


def test_a_spec_in_place_of_a_recipe_is_one_error(spec: Path) -> None:
    spec.write_text(DIGITS)
    Path("recipe.yaml").write_text(f"{DIGITS}train: {{}}")
    [told] = api.check("net.yaml", recipe="recipe.yaml")
    assert (told.code.number, told.message) == ("NS0110", "this is a spec, and a recipe is due here")
    assert not told.fixes


def test_a_recipe_that_comes_with_netspec_is_not_written(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec.write_text(DIGITS)
    assert run(["check", "--fix", "net.yaml", "--recipe", "cifar", "--set", "train.epochs=ten"]) == 1
    assert "expected: an integer" in capsys.readouterr().out
    assert run(["check", "--fix", "net.yaml", "lenet", "--recipe", "cifar"]) == 2
    assert run(["check", "net.yaml", "--recipe", "cifr"]) == 1
    assert "did you mean `cifar`?" in capsys.readouterr().out


def test_a_recipe_s_errors_are_told_with_those_of_a_spec_whose_form_is_wrong(spec: Path) -> None:
    spec.write_text(
        f"{DIGITS}sequense: 1\ntrain: {{data: digits, loss: crossentropy, optimizer: {{sgd: 0.1}}, epochs: 1}}\n"
    )
    assert [each.code.number for each in netspec.check("net.yaml")] == ["NS0201", "NS0204"]
    assert netspec.check is api.check


def test_an_option_is_not_moved_to_a_key_that_is_none(spec: Path) -> None:
    spec.write_text(f"{DIGITS}train: {{data: digits, criterion: nll, optimiser: adam, lr: 0.1, epochs: 1}}\n")
    titles = [fix.title for each in netspec.check("net.yaml") for fix in each.fixes]
    assert not any("in `optimiser`" in title or "in `criterion`" in title for title in titles)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("optimizer: {adamw: , lr: 1e-3}", "optimizer: {adamw: 1e-3}"),
        ("optimizer: {lr: 1e-3, adamw: }", "optimizer: {adamw: 1e-3}"),
        ("optimizer: {type: adamw, lr: 1e-3}", "optimizer: {adamw: 1e-3}"),
        ("optimizer: {adamw: {lr: 1e-3, eps: 1e-6}}", "optimizer: {adamw: 1e-3, eps: 1e-6}"),
        ("optimizer:\n    adamw: {lr: 1e-3, eps: 1e-6}", "optimizer:\n    adamw: 1e-3\n    eps: 1e-6"),
        (
            "optimizer:\n    adamw:   # 2019\n        lr: 1e-3   # slow\n        eps: 1e-6   # tiny",
            "optimizer:\n    adamw: 1e-3   # 2019\n    eps: 1e-6   # tiny",
        ),
        ("optimizer: adamw\n  lr: 1e-3", "optimizer: {adamw: 1e-3}"),
        ("optimizer: {adamw: 1e-3, validation: 0.2}", "optimizer: {adamw: 1e-3}"),
        ("optimizer: {sgd: 0.1}\n  augment: {crop: 8}", "optimizer: {sgd: 0.1}\n  augment: [{crop: 8}]"),
        (
            "optimizer: {sgd: 0.1}\n  augment:\n    crop: 8   # all\n    flip:",
            "optimizer: {sgd: 0.1}\n  augment:\n    - crop: 8   # all\n    - flip:",
        ),
        ("optimizer: {sgd: 0.1}\n  schedule: CosineAnnealingLR", "optimizer: {sgd: 0.1}\n  schedule: cosine"),
    ],
)
def test_what_is_written_as_other_tools_do_is_mended(before: str, after: str, spec: Path) -> None:
    text = f"{DIGITS}train:\n  data: digits\n  {{}}\n  loss: cross_entropy\n  epochs: 1\n"
    spec.write_text(text.replace("{}", before))
    assert run(["check", "--fix", "net.yaml"]) == 0
    data = "{digits, validation: 0.2}" if "validation" in before else "digits"
    assert spec.read_text() == text.replace("{}", after).replace("data: digits", f"data: {data}")
