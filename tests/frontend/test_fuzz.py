"""Whatever the text, reading it ends soon, in a graph or in a `NetspecError` that says why."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netspec import api
from netspec.diagnostics import NetspecError
from netspec.diagnostics.render import render
from netspec.diagnostics.styled import plain
from netspec.frontend import cost, elaborate
from netspec.frontend.schema import COMMON_KEYS, DocumentForm
from tests.steps import steps

TEXTS = [api.zoo_text(name) for name in api.zoo()] + [
    file.read_text(encoding="utf-8") for file in sorted(Path(__file__).parent.glob("specs/*.yaml"))
]
EXAMPLES = int(os.environ.get("NETSPEC_FUZZ", "150"))
MOST_STEPS = 5_000_000
PIECES = [
    "$", "$(", ")", "[", "]", "{", "}", ":", ": ", ",", "- ", "\n", "\t", "#", "&a ", "*a", "<<: *a", "!!x ",
    "'", '"', "\0",
    "null", "true", "0", "-1", "1.5", ".nan", "1e999", "999999999", "99999999999999999999",
    "é", "\ud800", "\u2028",
    "relu", "conv", "name", "from", "repeat", "layers", "residual", "parallel", "sequence", "when",
    "to", "reuse", "only: training",
    "x", "input", "i", "$x", "$(x.shape)", "$(1 / 0)", "$([0] * 9)", "[1, [2, [3]]]", "{a: {b: c}}",
]  # fmt: skip


@st.composite
def mutations(draw: st.DrawFn) -> str:
    """A sound spec after some accidents."""
    text = draw(st.sampled_from(TEXTS))
    chance = random.Random(draw(st.integers(0, 2**32)))
    for _ in range(draw(st.integers(1, 4))):
        text = accident(text, chance)
    return text


def accident(text: str, chance: random.Random) -> str:
    """The text with a character, a line or a word lost, doubled, moved or replaced."""
    at = chance.randrange(len(text) + 1)
    lines = text.split("\n")
    line = chance.randrange(len(lines))
    kind = chance.randrange(7)
    if kind == 0:
        return text[:at] + text[at + chance.randint(1, 8) :]
    if kind == 1:
        return text[:at] + chance.choice(PIECES) + text[at:]
    if kind == 2:
        return "\n".join([*lines[:line], *lines[line + 1 :]])
    if kind == 3:
        return "\n".join([*lines[:line], lines[line], *lines[line:]])
    if kind == 4:
        return "\n".join([*lines[:line], " " * chance.randint(1, 4) + lines[line], *lines[line + 1 :]])
    if kind == 5:
        other = chance.randrange(len(lines))
        lines[line], lines[other] = lines[other], lines[line]
        return "\n".join(lines)
    words = text.split(" ")
    words[chance.randrange(len(words))] = chance.choice(PIECES)
    return " ".join(words)


def read(text: str) -> None:
    """Read and elaborate; what goes wrong must be told with a place and be shown."""
    told = None
    with steps(MOST_STEPS):
        try:
            api.elaborate(api.loads(text))
        except NetspecError as error:
            told = error.diagnostics
        assert told is None or plain(render(told)).count("\n") > 1


@pytest.fixture(autouse=True)
def _small_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elaborate, "MAX_ENTRIES", 20_000)
    monkeypatch.setattr(cost, "MAX_EXPANDED", 20_000)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(mutations())
def test_accidents(text: str) -> None:
    read(text)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_pieces_in_every_place(piece: str) -> None:
    read(piece)
    read(f"netspec: 1\nname: n\ninput: {piece}\nlayers: [relu]\n")
    read(f"netspec: 1\nname: n\ninput: [3, 8, 8]\nlayers:\n  - {{conv: 8, kernel: {piece}}}\n")
    read(f"netspec: 1\nname: n\ninput: [3, 8, 8]\nlayers:\n  - {piece}\n  - relu\n")
    read(f"netspec: 1\nname: n\nparams: {piece}\ninput: [3, 8, 8]\nblocks: {{b: {{layers: [{piece}]}}}}\nlayers: [b]\n")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 12) | st.floats() | st.sampled_from(PIECES) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from(PIECES) | st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_value_at_any_key(data: st.DataObject) -> None:
    document = {"netspec": 1, "name": "n", "input": [3, 8, 8], "layers": ["relu"]}
    entry = {"conv": 8, "kernel": 3}
    for _ in range(data.draw(st.integers(1, 3))):
        document[data.draw(st.sampled_from(sorted(DocumentForm.model_fields)))] = data.draw(VALUES)
        entry[data.draw(st.sampled_from(sorted(COMMON_KEYS | {"conv", "kernel", "padding", "groups"})))] = data.draw(
            VALUES
        )
    if isinstance(document.get("layers"), list):
        document["layers"] = [*document["layers"], entry, {"residual": [entry], "name": "r"}]
    read(json.dumps(document, ensure_ascii=True))
