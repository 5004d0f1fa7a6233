"""What a command writes to: suffix and place are told before the command does anything."""

from pathlib import Path

import click
import pytest

from netspec.cli import cli, run

READ = {"--plugin", "--recipe", "--image", "--resume", "--data", "--check"}
"""Options whose file or folder is read."""

MADE = {"--out", "--package"}
"""Options whose folder appears as a whole, and must be new; each has a check of its own."""

WITH_BASE = ("explain net.yaml linear1 --draw", "compare net.yaml --plot", "diff lenet net.yaml --draw")

SUFFIXES = (".png", ".html", ".csv", ".onnx", ".py")


def written():
    """The options of all commands that name what is written."""
    context = click.Context(cli)
    for name in cli.list_commands(context):
        for option in cli.get_command(context, name).params:
            takes_path = isinstance(option, click.Option) and isinstance(option.type, click.Path)
            if takes_path and not {*option.opts} & (READ | MADE):
                yield name, option.opts[-1]


def test_every_command_that_writes_is_held():
    assert {*written()} >= {
        *((name, "--output") for name in ("apply", "build", "draw", "explore", "export", "look", "predict", "shift")),
        ("compare", "--plot"),
        ("data", "--sheet"),
        ("diff", "--draw"),
        ("eval", "--confusion"),
        ("eval", "--precision-recall"),
        ("explain", "--draw"),
        ("predict", "--pictures"),
        ("train", "--find-rate"),
    }


@pytest.mark.parametrize(("command", "option"), [*written()])
def test_a_place_that_is_not_there_is_told_first(capsys, monkeypatch, tmp_path, command, option):
    """The command lacks its SPEC, which it would be told of next."""
    monkeypatch.chdir(tmp_path)
    told = []
    for suffix in SUFFIXES:
        code = run([command, option, f"no/where/x{suffix}"])
        told.append((code, capsys.readouterr().err))
    assert any(code == 1 and "NS0903" in err and "there is no folder" in err for code, err in told), told
    assert all(code == 1 or "to end in" in err for code, err in told), told


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["data", "--sheet", "a.jpg"], "a.jpg is to end in .png"),
        (["eval", "--precision-recall", "pr.jpg"], "pr.jpg is to end in .png"),
        (["eval", "--confusion", "c"], "c is to end in .png"),
        (["train", "--find-rate", "rate.svg"], "rate.svg is to end in .png"),
        (
            ["draw", "-o", "net.svgg"],
            "net.svgg is to end in .dot, .gv, .mmd, .mermaid, .pdf,",
        ),
        (["compare", "--plot", "net.dot"], "net.dot is to end in .pdf, .png, .svg, .tex or .tikz"),
        (["explain", "--draw", "net.mmd"], "net.mmd is to end in .pdf, .png"),
        (["predict", "--output", "a.txt"], "a.txt is to end in .csv or .npz"),
        (["look", "-o", "a.pdf"], "a.pdf is to be a folder, or to end in .png, .html or .htm"),
    ],
)
def test_another_suffix_is_wrong_usage(capsys, monkeypatch, tmp_path, words, wanted):
    monkeypatch.chdir(tmp_path)
    assert run(words) == 2
    assert wanted in " ".join(capsys.readouterr().err.split())
    assert not [*tmp_path.iterdir()]


def test_what_stands_there_may_be_no_file_and_no_folder(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    Path("there.png").mkdir()
    Path("file").touch()
    Path("lost").symlink_to("nowhere")
    for words, wanted in (
        (["eval", "--confusion", "there.png"], "it is a folder"),
        (["predict", "--pictures", "file"], "it is no folder"),
        (["look", "-o", "file"], "it is no folder"),
        (["predict", "--pictures", "lost"], "it is a link that leads to nothing"),
    ):
        assert run(words) == 1
        assert wanted in capsys.readouterr().err
    monkeypatch.setattr("netspec.files.destination.os.access", lambda *_: False)
    for option, given in (("--confusion", "c.png"), ("--precision-recall", "c.png")):
        assert run(["eval", option, given]) == 1
        assert f"{tmp_path} is not writable" in capsys.readouterr().err


def test_a_device_needs_no_suffix_where_there_is_one_format(capsys):
    assert run(["data", "--sheet", "/dev/null"]) == 2
    assert "Missing argument 'SPEC'" in capsys.readouterr().err
    assert run(["draw", "-o", "/dev/null"]) == 2
    assert "/dev/null is to end in" in capsys.readouterr().err


@pytest.mark.parametrize("words", WITH_BASE)
def test_a_picture_takes_the_place_of_no_base(capsys, monkeypatch, tmp_path, words):
    monkeypatch.chdir(tmp_path)
    Path("base.yaml").write_text("netspec: 1\nname: base\ninput: [8]\nlayers: [{linear: 4}]\n")
    Path("net.yaml").write_text("netspec: 1\nname: net\nextends: base.yaml\n")
    Path("link.svg").symlink_to("base.yaml")
    assert run([*words.split(), "link.svg"]) == 1
    assert "it is what this command reads" in capsys.readouterr().err
    assert Path("base.yaml").read_text().startswith("netspec: 1")
