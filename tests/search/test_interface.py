"""`netspec.search_over`: the options of `netspec search`, and what it does with them."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

pytest.importorskip("optuna")

import netspec
from netspec import api
from netspec.cli import cli

NAMED_OTHERWISE = {"axes": "over", "folder": "data", "source": "spec"}
RECIPE = {"data": {"digits": None, "validation": 0.2}, "loss": "cross_entropy", "optimizer": {"sgd": 0.1}, "epochs": 1}

OF_ALL_COMMANDS = {"form", "settings", "max_entries"}


def test_it_takes_what_the_command_takes_by_the_same_names() -> None:
    command = cli.get_command(None, "search")  # type: ignore[arg-type]
    assert command is not None
    options = {str(each.name) for each in command.params if each.expose_value} - OF_ALL_COMMANDS
    taken = inspect.signature(netspec.search_over).parameters.keys() - {"on_trial", "plugin", "params"}
    assert taken == {NAMED_OTHERWISE.get(name, name) for name in options}


def test_it_finds_what_the_command_finds(spec: api.Spec) -> None:
    ended: list[int] = []
    found = netspec.search_over(
        "net.yaml",
        ["width=1..3", "kernel=3,5"],
        recipe=RECIPE,
        budget=["params<=1M", "macs<=1M"],
        minimize="params",
        maximize="depth",
        grid=True,
        out="here",
        on_trial=lambda trial: ended.append(trial.number),
    )
    assert sorted(ended) == [trial.number for trial in found.trials] == list(range(6))
    assert [trial.point for trial in found.trials if trial.best] == [{"width": 1, "kernel": 3}]
    assert (str(found.folder), found.left) == ("here", 0)
    assert [(goal.direction, goal.figure) for goal in found.goals] == [("maximize", "depth"), ("minimize", "params")]
    with pytest.raises(netspec.NetspecError, match="NS0806"):
        netspec.search_over("net.yaml", "width=1..3", minimize="params", grid=True, out="here")


@pytest.mark.parametrize(
    "wrong",
    [{"over": b"width=1..3"}, {"maximize": [3]}, {"trials": 0}, {"trials": -1}, {"seeds": True}, {"out": ""}],
)
def test_what_no_command_could_give_is_refused_before_anything_is_read(wrong: dict[str, Any]) -> None:
    (name,) = wrong
    with pytest.raises(netspec.NetspecError, match=f"`{name}`"):
        netspec.search_over("nowhere.yaml", **{"over": "width=1..3", **wrong})
