"""A shape for an input has as many axes as the spec's own, whatever takes it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from netspec import api
from netspec.diagnostics import Code, NetspecError

COMMANDS = (
    ("summary", "lenet"),
    ("explain", "lenet"),
    ("memory", "lenet"),
    ("compare", "lenet", "mlp"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize("shape", ["1x1x28x28", "28x28", "784"])
def test_another_rank_is_refused(
    netspec: Callable[..., tuple[int, str, str]], command: tuple[str, ...], shape: str
) -> None:
    code, out, err = netspec(*command, "--input", shape)
    assert code == 1
    assert "NS0311" in out + err
    assert ("`1x28x28`" in out + err) == (shape == "1x1x28x28")
    assert "Traceback" not in out + err


@pytest.mark.parametrize("shape", [(1, 1, 28, 28), (28, 28), ()])
def test_in_python(shape: tuple[int, ...]) -> None:
    with pytest.raises(NetspecError) as caught:
        api.elaborate(api.load("lenet"), {"input": shape})
    assert [each.code for each in caught.value.diagnostics] == [Code.OTHER_RANK]


def test_other_sizes_are_no_other_rank() -> None:
    assert api.elaborate(api.load("resnet18"), {"input": (3, 64, 64)}).outputs["output"].shape == (1000,)
