"""Methods that a script may call."""

from __future__ import annotations

import pytest

from netspec.companions.called import Called

CLASSES = """
class Data:
    rows: list[int]

class Held:
    data: Data

class Look:
    def rows(self): ...

class Closer(Look):
    def again(self):
        {again}

class Any_Kind(Protocol):
    def rows(self): ...
"""


HANDED = "def f(data: Data) -> int: return data.rows\ndef g(way: Callable[[{}], int]): ..."


@pytest.mark.parametrize(
    ("function", "again", "wanted"),
    [
        ("def f(data: Data): return data.rows", "pass", False),
        ("def f(data: Data | None): return data.rows", "pass", False),
        ("def f(data: Look): return data.rows", "pass", True),
        ("def f(data: Closer): return data.rows", "pass", True),
        ("def f(data: Any_Kind): return data.rows", "pass", True),
        ("def f(data): return data.rows", "pass", True),
        ("def f(data: Data): return [data.rows for data in looks]", "pass", True),
        ("def f(data: Data): return lambda data: data.rows", "pass", True),
        ("def f(data: Data): return data.rows\ndef g(look: Any): return f(look)", "pass", True),
        ("def f(data: Data): return data.rows\ndef g(look: Any):\n    also = look\n    return f(also)", "pass", True),
        (
            HANDED.format("Any") + "\ng(partial(f))",
            "pass",
            True,
        ),
        (
            HANDED.format("Data") + "\ng(partial(f))",
            "pass",
            False,
        ),
        ("def f(held: Held): return held.data.rows", "pass", False),
        ("def f(held: Held): return held.data.rows\ndef g(held: Held, it: Any): held.data = it", "pass", True),
        ("def f(held: Held): return held.data.rows\ndef g(it: Any): return Held(it)", "pass", True),
        ("def f(data: Data): return data.rows", "self.rows()", True),
        ("", "super().rows()", True),
    ],
)
def test_an_attribute_is_of_the_class_that_annotations_tell(function: str, again: str, wanted: bool) -> None:
    texts = [CLASSES.format(again=again), function]
    assert Called(texts).may_call("Look", "rows") is wanted


def test_annotations_of_plugins_tell_nothing() -> None:
    assert Called([CLASSES.format(again="pass")], ["def f(data: Data): return data.rows"]).may_call("Look", "rows")


def test_settings_hand_functions_to_what_takes_any() -> None:
    texts = [
        CLASSES.format(again="pass"),
        "def f(data: Data) -> int: return data.rows\ndef g(way: Callable[[Any], int]): ...",
    ]
    assert not Called(texts).may_call("Look", "rows")
    assert Called(texts, ["read = partial(g, way=partial(f, seed=1))"]).may_call("Look", "rows")
