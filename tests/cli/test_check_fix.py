"""`netspec check --fix`: what it writes, and when it writes nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from netspec import api
from netspec.cli import run

HEAD = "netspec: 1\nname: n\ninput: [3, 32, 32]   # CIFAR\n\n"
SURE = HEAD + "layers:\n  # the stem\n  - {conv: 8, kernal: 3}   # thin\n\n  -   relu\n"
EQUAL = HEAD + "layers:\n  - {conv: 8, kernel: 3, kernel: 5}\n"
HOPELESS = HEAD + "blocks: {a: {layers: [a]}}\nlayers: [a]\n"


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path("net.yaml")


def test_the_sure_fix_is_applied_and_shown(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec.write_bytes(SURE.encode())
    assert run(["check", "net.yaml"]) == 1
    assert "`netspec check --fix` applies the fix" in capsys.readouterr().out
    assert spec.read_bytes() == SURE.encode()
    assert run(["check", "--fix", "net.yaml"]) == 0
    assert spec.read_bytes().decode() == SURE.replace("kernal", "kernel")
    said = capsys.readouterr().out
    assert "net.yaml: `kernel` instead of `kernal`" in said
    assert "+  - {conv: 8, kernel: 3}   # thin" in said
    assert said.endswith("1 spec checked, no errors\n")


@pytest.mark.parametrize("text", [SURE.replace("\n", "\r\n"), "\ufeff" + SURE, SURE.rstrip()])
def test_line_breaks_and_marks_are_kept(text: str, spec: Path) -> None:
    spec.write_bytes(text.encode())
    assert run(["check", "--fix", "net.yaml"]) == 0
    assert spec.read_bytes().decode() == text.replace("kernal", "kernel")


def test_of_equally_good_fixes_none_is_applied_unasked(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec.write_text(EQUAL)
    assert run(["check", "--fix", "net.yaml"]) == 1
    said = capsys.readouterr().out
    assert "fix 1: without the second `kernel: 5`" in said
    assert "fix 2: without the first `kernel: 3`" in said
    assert "nothing was changed: no fix is certain" in said
    assert spec.read_text() == EQUAL
    assert run(["check", "--fix=2", "net.yaml"]) == 0
    assert spec.read_text() == EQUAL.replace("kernel: 3, ", "")


def test_where_nothing_helps_nothing_is_changed(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec.write_text(HOPELESS)
    assert run(["check", "--fix", "net.yaml"]) == 1
    assert "nothing was changed: no small edit mends it" in capsys.readouterr().out
    assert spec.read_text() == HOPELESS
    assert run(["check", "--fix=1", "net.yaml"]) == 2
    assert "There is no fix 1 for net.yaml: there are no fixes." in capsys.readouterr().err


def test_the_number_must_be_one_of_the_fixes_and_of_one_spec(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec.write_text(EQUAL)
    assert run(["check", "--fix=3", "net.yaml"]) == 2
    assert "There is no fix 3 for net.yaml: there are 2 fixes." in capsys.readouterr().err
    assert run(["check", "--fix=1", "net.yaml", "lenet"]) == 2
    assert spec.read_text() == EQUAL


def test_an_error_in_an_extended_spec_is_not_mended_in_place(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec.write_text("netspec: 1\nname: small\nextends: alexnet\ninput: [3, 40, 40]\n")
    assert run(["check", "--fix", "net.yaml"]) == 1
    assert "nothing was changed: the error lies in `alexnet.yaml`, which this spec extends" in capsys.readouterr().out


def test_a_beside_file_is_not_written_either(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("base.yaml").write_text(SURE)
    spec.write_text("netspec: 1\nname: small\nextends: base.yaml\n")
    assert run(["check", "--fix", "net.yaml"]) == 1
    assert "the error lies in `base.yaml`, which this spec extends" in capsys.readouterr().out.replace("./", "")
    assert Path("base.yaml").read_text() == SURE


def test_the_zoo_is_not_written(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = api.zoo_text("alexnet")
    assert run(["check", "--fix=1", "alexnet", "--set", "input=[3, 40, 40]"]) == 1
    said = capsys.readouterr()
    assert "it is no file of yours" in said.err
    assert "netspec show alexnet > alexnet.yaml" in said.err
    assert api.zoo_text("alexnet") == before


def test_json_has_the_edits_and_what_was_applied(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec.write_text(SURE)
    assert run(["check", "net.yaml", "--format", "json"]) == 1
    [error] = json.loads(capsys.readouterr().out)
    [fix] = error["fixes"]
    assert fix["sure"]
    assert fix["file"] == "net.yaml"
    [edit] = fix["edits"]
    assert SURE[edit["start"] : edit["end"]] == "kernal"
    assert edit["text"] == "kernel"
    assert run(["check", "--fix", "net.yaml", "--format", "json"]) == 0
    done = json.loads(capsys.readouterr().out)
    assert done == {"applied": {"net.yaml": fix}, "diagnostics": []}


def test_a_valid_spec_is_left_alone(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec.write_text(SURE.replace("kernal", "kernel"))
    assert run(["check", "--fix", "net.yaml"]) == 0
    assert capsys.readouterr().out == "1 spec checked, no errors\n"


def test_a_link_stays_a_link(spec: Path) -> None:
    Path("real.yaml").write_text(SURE)
    spec.symlink_to("real.yaml")
    assert run(["check", "--fix", "net.yaml"]) == 0
    assert spec.is_symlink()
    assert "kernel: 3" in Path("real.yaml").read_text()


PARTLY = HEAD + "blocks: {a: {layers: [a]}}\nlayers:\n  - {conv: 8, kernal: 3}   # thin\n  - rellu\n  - a\n"


def test_what_can_be_mended_is_and_the_rest_is_told(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec.write_text(PARTLY)
    assert run(["check", "net.yaml"]) == 1
    said = capsys.readouterr().out
    assert "fix: `kernel` instead of `kernal`; `relu` instead of `rellu` (leaves 1 error)" in said
    assert said.endswith("3 errors\n`netspec check --fix` applies the fix\n")
    assert run(["check", "--fix", "net.yaml"]) == 1
    assert spec.read_text() == PARTLY.replace("kernal", "kernel").replace("rellu", "relu")
    said = capsys.readouterr().out
    assert "NS0210" in said
    assert "nothing was changed" not in said
    assert said.endswith("\n1 error\n")


def test_the_json_of_a_part_says_what_is_left(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec.write_text(PARTLY)
    assert run(["check", "net.yaml", "--format", "json"]) == 1
    [fix] = [fix for each in json.loads(capsys.readouterr().out) for fix in each["fixes"]]
    assert (fix["sure"], fix["left"]) == (True, 1)


@pytest.mark.parametrize(("written", "sure"), [("resnet5", False), ("lenett", False), ("ResNet-50", True)])
def test_another_network_to_build_on_is_only_sure_where_the_name_is_the_same(
    written: str, sure: bool, spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = f"netspec: 1\nname: n\nextends: {written}\n"
    spec.write_text(text)
    assert run(["check", "--fix", "net.yaml"]) == 1 - sure
    assert (spec.read_text() != text) is sure
    assert ("nothing was changed: no fix is certain" in capsys.readouterr().out) is not sure


@pytest.mark.parametrize("written", ["act2", "atc1", "Act1"])
def test_a_name_of_the_authors_own_is_a_guess(written: str, spec: Path) -> None:
    # It may as well be misspelt where it is given, and then the weights are called so.
    spec.write_text(HEAD + f"layers:\n  - {{relu: , name: act1}}\n  - {{tanh: , from: {written}}}\n")
    [fix] = [fix for each in api.check("net.yaml") for fix in each.fixes if "instead" in fix.title]
    assert "from: act1" in fix.text
    assert not fix.sure


LAYERS = "layers:\n  - flatten\n  - {linear: 10}\n"


def test_a_wrong_recipe_is_told(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec.write_text(f"{HEAD}{LAYERS}train: {{data: cifr10, loss: cross_entropy, optimizer: {{sgd: 0.1}}, epochs: 1}}\n")
    assert run(["check", "net.yaml"]) == 1
    said = capsys.readouterr().out
    assert "error[NS0204]: there is no data set `cifr10`\n --> net.yaml:8:15\n" in said
    spec.write_text(spec.read_text().replace("cifr10", "cifar10"))
    assert run(["check", "net.yaml"]) == 0


@pytest.mark.parametrize("text", ["layers: [relu]\nsequence: [tanh]\n", "layers: [relu]\n---\nlayers: [tanh]\n"])
def test_layers_are_not_taken_away_unasked(text: str, spec: Path) -> None:
    spec.write_text(HEAD + text)
    assert run(["check", "--fix", "net.yaml"]) == 1
    assert spec.read_text() == HEAD + text


@pytest.mark.parametrize(
    ("data", "found"), [("doc: für\n".encode("latin-1"), "the byte 0xFC"), ("name: n\n".encode("utf-16"), "UTF-16")]
)
def test_other_encodings_are_told_with_their_place(
    data: bytes, found: str, spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec.write_bytes(data)
    assert run(["check", "net.yaml"]) == 1
    said = capsys.readouterr().out
    assert f"= found: {found}\n" in said
    assert "= expected: UTF-8\n" in said
    assert "net.yaml:1:" in said


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_indentation_and_spaces_are_mended_and_remarks_stay(mark: str, newline: str, spec: Path) -> None:
    text = (
        HEAD + "layers:\n  # the stem\n  -{conv:8, kernel:3}   # thin\n  - conv: 8   # wide\n     kernel: 3\n  -relu\n"
    )
    mended = (
        HEAD
        + "layers:\n  # the stem\n  - {conv: 8, kernel: 3}   # thin\n  - conv: 8   # wide\n    kernel: 3\n  - relu\n"
    )
    spec.write_bytes((mark + text).replace("\n", newline).encode())
    assert run(["check", "--fix", "net.yaml"]) == 0
    assert spec.read_bytes().decode() == (mark + mended).replace("\n", newline)
