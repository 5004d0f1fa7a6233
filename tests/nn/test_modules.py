"""The modules that torch lacks compute what they say, and each stands alone."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import netspec.nn
from netspec.backends.imports import import_lines
from netspec.program.carried import carried, carried_classes

CLASSES = [getattr(netspec.nn, name) for name in carried_classes() if hasattr(netspec.nn, name)]
"""All but those of `netspec.nn.detection`, which stand together, and which `tests/detectors` runs."""


def same_weights(ours: nn.Module, theirs: nn.Module) -> None:
    theirs.load_state_dict(ours.state_dict(), strict=True)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_stands_alone(cls: type[nn.Module]) -> None:
    needed = carried([cls.__name__])
    scope: dict[str, Any] = {}
    exec(
        compile("\n".join([*import_lines(needed.imports), *needed.texts]), cls.__name__, "exec", dont_inherit=True),
        scope,
    )
    assert issubclass(scope[cls.__name__], nn.Module)
    assert cls.__doc__
    assert "\n" not in cls.__doc__


def test_there_are_classes() -> None:
    assert {cls.__name__ for cls in CLASSES} >= {"Reshape", "Permute", "ConstantPad", "PaddedConv2d", "Attention"}


def test_reshape_and_permute() -> None:
    x = torch.rand(3, 2, 4, 6)
    assert torch.equal(netspec.nn.Reshape((8, -1))(x), x.reshape(3, 8, 6))
    assert torch.equal(netspec.nn.Permute((0, 2, 3, 1))(x), x.permute(0, 2, 3, 1))
    assert repr(netspec.nn.Reshape((8, -1))) == "Reshape((8, -1))"
    assert repr(netspec.nn.Permute((0, 2, 1))) == "Permute((0, 2, 1))"


def test_constant_pad() -> None:
    x = torch.rand(2, 3, 4)
    padded = netspec.nn.ConstantPad((1, 2, 0, 3), value=0.5)(x)
    assert padded.shape == (2, 6, 7)
    assert torch.equal(padded[:, :3, 1:5], x)
    assert bool((padded[:, 3:] == 0.5).all())
    assert repr(netspec.nn.ConstantPad((1, 2))) == "ConstantPad((1, 2), value=0.0)"


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
def test_padded_conv(axes: int, mode: str) -> None:
    sides = ((0, 1), (2, 1), (1, 0))[:axes]
    ours = getattr(netspec.nn, f"PaddedConv{axes}d")(2, 4, 3, stride=2, padding=sides, groups=2, padding_mode=mode)
    theirs = getattr(nn, f"Conv{axes}d")(2, 4, 3, stride=2, groups=2)
    same_weights(ours, theirs)
    x = torch.rand(2, 2, *((5, 6, 7)[:axes]))
    amounts = [amount for pair in reversed(sides) for amount in pair]
    padded = F.pad(x, amounts, "constant" if mode == "zeros" else mode)
    torch.testing.assert_close(ours(x), theirs(padded))
    assert f"padding={amounts}" in repr(ours)


@pytest.mark.parametrize("padding", [((0, 1),), ((0, -1), (0, 0))])
def test_padded_conv_refuses(padding: Any) -> None:
    with pytest.raises(ValueError, match="two pairs"):
        netspec.nn.PaddedConv2d(1, 1, 1, padding=padding)


def test_equal_sides_are_torch_s_own_padding() -> None:
    ours = netspec.nn.PaddedConv2d(2, 3, 3, padding=((1, 1), (2, 2)))
    theirs = nn.Conv2d(2, 3, 3, padding=(1, 2))
    same_weights(ours, theirs)
    x = torch.rand(2, 2, 5, 5)
    torch.testing.assert_close(ours(x), theirs(x))


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_recurrent(kind: str, bidirectional: bool) -> None:
    make = getattr(netspec.nn, f"Sequence{kind}")
    theirs = getattr(nn, kind)(4, 5, num_layers=2, bidirectional=bidirectional, batch_first=True)
    x = torch.rand(3, 7, 4)
    for last in (False, True):
        ours = make(4, 5, num_layers=2, bidirectional=bidirectional, last=last)
        same_weights(ours, theirs)
        sequence, state = theirs(x)
        hidden = state[0] if kind == "LSTM" else state
        final = torch.cat([hidden[-2], hidden[-1]], 1) if bidirectional else hidden[-1]
        torch.testing.assert_close(ours(x), final if last else sequence)


def test_recurrent_last_is_the_last_step() -> None:
    lstm = netspec.nn.SequenceLSTM(4, 5)
    x = torch.rand(3, 7, 4)
    steps = lstm(x)
    lstm.last = True
    torch.testing.assert_close(lstm(x), steps[:, -1])


@pytest.mark.parametrize("causal", [False, True])
def test_attention(causal: bool) -> None:
    ours = netspec.nn.CausalAttention(8, 2) if causal else netspec.nn.Attention(8, 2)
    theirs = nn.MultiheadAttention(8, 2, batch_first=True)
    same_weights(ours, theirs)
    query, other = torch.rand(3, 5, 8), torch.rand(3, 4, 8)
    for key in (query, other):
        mask = torch.triu(torch.full((5, key.shape[1]), float("-inf")), 1) if causal else None
        expected, _ = theirs(query, key, key, attn_mask=mask)
        torch.testing.assert_close(ours(query) if key is query else ours(query, key), expected)
        torch.testing.assert_close(ours(query, key, key), expected)


def test_causal_attention_sees_nothing_ahead() -> None:
    attention = netspec.nn.CausalAttention(8, 2)
    x = torch.rand(1, 5, 8)
    changed = x.clone()
    changed[:, 3:] += 1
    torch.testing.assert_close(attention(x)[:, :3], attention(changed)[:, :3])


def test_texts_are_as_wide_as_built_source() -> None:
    """A formatter breaks no docstring, so that one of more than 88 columns would stay one in built source."""
    home = Path(netspec.nn.__file__).parent
    for file in home.rglob("*.py"):
        lines = file.read_text().splitlines()
        for node in ast.walk(ast.parse("\n".join(lines))):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node):
                doc = node.body[0]
                wide = [line for line in lines[doc.lineno - 1 : doc.end_lineno] if len(line) > 88]
                assert not wide, f"{file.name}: {wide}"
