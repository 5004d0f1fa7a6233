"""Public functions refuse arguments of other types than they declare, before anything begins."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import netspec
from netspec.diagnostics import Code, NetspecError
from netspec.diagnostics.arguments import _kinds, fits

FUNCTIONS = [each for each in (getattr(netspec, name) for name in netspec.__all__) if inspect.isfunction(each)]
WRONG = (object(), 3.5, -1 + 2j, b"bytes", [object()], {3: 4}, "gpu", True, "", print)


def wrong_ones(kind: Any) -> Iterator[object]:
    return (each for each in WRONG if not fits(each, kind))


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda each: each.__name__)
def test_arguments_of_wrong_types_are_refused_before_anything_is_read(function: Any) -> None:
    parameters = inspect.signature(function).parameters.values()
    kinds = _kinds(inspect.unwrap(function)) if parameters else {}
    needed = {each.name: "nowhere.yaml" for each in parameters if each.default is each.empty and each.name != "params"}
    assert function is netspec.load_weights or fits(Path("nowhere.yaml"), kinds.get("spec", Any))
    for each in parameters:
        kind = kinds[each.name]
        if each.kind is each.VAR_KEYWORD or kind is Any:
            continue
        assert each.default is each.empty or fits(each.default, kind)
        wrong = list(wrong_ones(kind))
        assert wrong
        for value in wrong:
            with pytest.raises(NetspecError, match=re.escape(f"`{function.__name__}` takes `")) as caught:
                function(**{**needed, each.name: value})
            assert [found.code for found in caught.value.diagnostics] == [Code.WRONG_TYPE]


def test_what_is_given_and_taken_is_told() -> None:
    with pytest.raises(NetspecError, match="`train` takes `device` as one of auto, cpu, cuda, and is given 'gpu'"):
        netspec.train("lenet", device="gpu")  # type: ignore[arg-type]
    with pytest.raises(NetspecError, match=r"`train` takes `on_epoch` as `Callable\[\[Epoch\], object\] | None`"):
        netspec.train("lenet", on_epoch=3)  # type: ignore[arg-type]


def test_numbers_and_paths_of_others_are_taken(tmp_path: Any) -> None:
    import numpy as np

    assert fits(np.int64(3), int)
    assert fits(np.float32(3), float)
    assert fits(3, float)
    assert not fits(True, int)
    assert not fits("text", list[str])
    assert fits({"input": [1, 8, 8]}, dict[str, tuple[int, ...]])
