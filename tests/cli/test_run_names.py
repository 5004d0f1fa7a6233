"""Runs are given by their names in ``runs/`` to every command that takes one."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from netspec.cli import cli, run, types
from netspec.diagnostics import NetspecError
from netspec.files.run_folder import absent_run_help, run_named
from netspec.zoo_specs import spec_or_run


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("runs/net-1", "runs/lenet", "runs/default", "runs/there", "there"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "spec.yaml").touch()
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("runs")
def test_a_path_comes_first_then_a_name_in_runs() -> None:
    assert list(map(types.run, ("net-1", "there", "runs/net-1", "net-2"))) == list(
        map(Path, ("runs/net-1", "there", "runs/net-1", "net-2"))
    )
    assert types.weights("net-1") == "runs/net-1"
    for given in ("default", "torchvision:resnet18", "there", "absent.safetensors"):
        assert types.weights(given) == given
    assert spec_or_run("net-1") == "runs/net-1"
    for given in ("lenet", "there", "-"):  # a spec of the zoo means what it did before there was a run of its name
        assert spec_or_run(given) == given


def test_a_long_word_is_not_repeated_whole(capsys: pytest.CaptureFixture[str]) -> None:
    long = "x" * 100_000
    for given in ([long], ["summary", f"--{long}"], ["summary", "--format", long, "lenet"], ["summary", long]):
        assert run(given) in (1, 2)
        assert 100 < len(capsys.readouterr().err) < 1_000


@pytest.mark.usefixtures("runs")
def test_an_absent_run_is_told_of_with_the_nearest_name() -> None:
    with pytest.raises(NetspecError, match="there is no spec or run `net-2`") as error:
        spec_or_run("net-2")
    assert error.value.diagnostics[0].help == "did you mean `net-1`?" == absent_run_help(Path("net-2"))
    with pytest.raises(click.BadParameter):
        types.run("")


@pytest.mark.usefixtures("runs")
def test_no_name_leads_out_of_the_runs() -> None:
    Path("own").mkdir()
    assert [run_named(Path(each)) for each in ("../own", "net-1")] == [Path("../own"), Path("runs/net-1")]


def test_every_command_that_takes_a_run_takes_its_name() -> None:
    taken = {"RUN": types.run, "[DIR|RUN]...": types.run, "SPEC|RUN": spec_or_run, "SOURCE": types.weights}
    context = click.Context(cli)
    found = [
        (name, param.human_readable_name, param.type, taken[param.make_metavar(context)])
        for name in cli.list_commands(context)
        for param in cli.get_command(context, name).params  # type: ignore[union-attr]
        if param.make_metavar(context) in taken
    ]
    assert len(found) > 15
    assert [each[:2] for each in found if getattr(each[2], "func", None) is not each[3]] == []
