"""The public interface takes a file, a name of the zoo or a spec, and params, wherever it takes a network."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from netspec import api

PARAMS: dict[str, Any] = {"classes": 3}
NAMED: list[tuple[Callable[..., Any], Callable[[Any], object]]] = [
    (api.elaborate, lambda graph: graph.outputs["output"].shape),
    (api.analyze, lambda analysis: analysis.weights.total.params),
    (api.explain, lambda explained: [str(each) for each in explained][-1]),
    (api.sizes, lambda found: [each.works for each in found]),
    (api.generate, str),
    (api.lower, lambda program: program.classes),
    (api.review, lambda found: [str(each) for each in found]),
    (api.draw, str),
    (api.memory, lambda found: found.parameters),
]


@pytest.mark.parametrize(("function", "told"), NAMED, ids=[function.__name__ for function, _ in NAMED])
def test_functions_take_a_name_or_a_spec_and_params(
    function: Callable[..., Any], told: Callable[[Any], object]
) -> None:
    expected = told(function(api.load("resnet18", PARAMS)))
    assert told(function("resnet18", **PARAMS)) == expected
    assert told(function(api.load("resnet18"), **PARAMS)) == expected
    if function not in (api.review, api.sizes):
        assert told(function("resnet18")) != expected


@pytest.mark.parametrize(
    "function",
    [api.load, api.elaborate, api.analyze, api.memory, lambda name: api.diff(name, "lenet")],
)
def test_what_is_given_shows_itself_in_a_short_line(function: Callable[[str], Any]) -> None:
    found = function("resnet18")
    assert re.fullmatch(r"<.{0,100}>", repr(found))
    assert "resnet18" in repr(found)


def test_a_spec_shows_what_was_set() -> None:
    assert repr(api.load("resnet18", classes=3)) == "<netspec.Spec resnet18, classes=3>"


def test_two_names_are_compared() -> None:
    assert api.diff("resnet18", "resnet18").is_same
    assert not api.diff("resnet18", api.load("resnet18", PARAMS)).is_same
