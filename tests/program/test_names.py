"""What a program calls things by is of types that only a checked text can become."""

from __future__ import annotations

import pytest

from netspec.diagnostics import NetspecError
from netspec.expr import Identifier
from netspec.program import Call, Function
from netspec.program.names import Annotation, ModulePath, Target

CODE = "vars()['q' if __import__('os').system('touch ran') else 'q']"

NO_NAMES = [
    CODE,
    "",
    "0",
    "a b",
    "a.b",
    "a-b",
    "a\n",
    "a\\\n",
    "class",
    "None",
    "__class__",
    "größe",
    "ｅval",
    "ſelf",
    "a\u200b",
    "a\u202e",
    "a\x00",
    "a\ud800",
    "a#b",
    "{{a}}",
    "a;b",
    "a=1",
    "*a",
]


@pytest.mark.parametrize("text", NO_NAMES)
def test_nothing_but_plain_names_are_identifiers(text: str) -> None:
    with pytest.raises(ValueError, match="identifier"):
        Identifier(text)


@pytest.mark.parametrize("text", ["a", "_", "print", "match", "layer_0", "X9"])
def test_plain_names_are_identifiers(text: str) -> None:
    assert Identifier(text) == Identifier.near(text) == text


@pytest.mark.parametrize("text", NO_NAMES)
def test_an_identifier_is_found_near_any_text(text: str) -> None:
    assert Identifier(Identifier.near(text)) != text


@pytest.mark.parametrize("text", [t for t in NO_NAMES if t not in ("", "0", "a.b")])
def test_nothing_but_names_and_numbers_with_dots_between_are_paths(text: str) -> None:
    assert ModulePath("layer1.0.conv") == "layer1.0.conv"
    for path in (text, f"a.{text}", f"{text}.a"):
        with pytest.raises(ValueError, match="path"):
            ModulePath(path)


@pytest.mark.parametrize(
    "text", ["int", "Sequence[int | float] | None", "tuple[int, ...]", "dict[str, Tensor]", "nn.A"]
)
def test_types_are_names_with_brackets_and_bars(text: str) -> None:
    assert Annotation(text) == text


@pytest.mark.parametrize(
    "text",
    [CODE, "", "int | ", "int str", "tuple[int", "int]", "a[b](c)", "int | \n", "None if a else b", "[int]", "'a'"],
)
def test_other_texts_are_no_types(text: str) -> None:
    with pytest.raises(ValueError, match="type"):
        Annotation(text)


@pytest.mark.parametrize("text", ["torch.nn.Conv2d", ".flatten", "+", "-", "*", "/", "acme.layers.Clip"])
def test_calls_call_dotted_names_methods_and_signs(text: str) -> None:
    assert Target(text) == Function(text).target == text


@pytest.mark.parametrize(
    "text", [CODE, "", "torch.nn.Conv2d()", "torch..relu", "-=", "torch.nn.relu #", "..a", "lambda"]
)
def test_a_layer_that_emits_a_call_of_anything_else_is_refused(text: str) -> None:
    with pytest.raises(NetspecError, match="NS0906"):
        Call(text)


@pytest.mark.parametrize("text", NO_NAMES)
def test_a_layer_that_emits_keywords_that_are_no_names_is_refused(text: str) -> None:
    with pytest.raises(NetspecError, match="NS0906"):
        Call("torch.nn.Conv2d", (), {text: 1})
