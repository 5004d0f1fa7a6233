"""Immutable classes behave as frozen dataclasses with slots do, which they are compared with."""

from __future__ import annotations

import copy
import inspect
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace
from functools import cached_property
from typing import Any

import pytest

from netspec.objects.immutable import immutable, mutable, unique


@immutable
class Immutable:
    number: int
    text: str = "a"
    many: tuple[int, ...] = ()
    aside: Any = field(default=None, compare=False)
    hidden: Any = field(default=1, repr=False)


@dataclass(frozen=True, slots=True)
class Dataclass:
    number: int
    text: str = "a"
    many: tuple[int, ...] = ()
    aside: Any = field(default=None, compare=False)
    hidden: Any = field(default=1, repr=False)


@immutable
class Longer(Immutable):
    made: list[int] = field(default_factory=list)
    last: int = 0

    def __post_init__(self) -> None:
        if self.last < 0:
            raise ValueError("last")


@immutable
class Empty:
    pass


@immutable
class Caching:
    number: int

    @cached_property
    def made(self) -> list[int]:
        return [self.number]


@immutable
class Own:
    number: int

    def __eq__(self, other: object) -> bool:
        return True

    def __repr__(self) -> str:
        return "own"


@unique
class Unique:
    number: int
    many: list[int] = field(default_factory=list)


@mutable
class Mutable:
    number: int
    many: list[int] = field(default_factory=list)


VALUES: list[dict[str, Any]] = [
    {"number": 1},
    {"number": 1, "text": "b", "many": (2, 3)},
    {"number": 2, "hidden": None},
]
PAIRS = [(Immutable(**values), Dataclass(**values)) for values in VALUES]


def test_it_reads_and_is_found_as_a_dataclass() -> None:
    for mine, theirs in PAIRS:
        assert repr(mine) == repr(theirs).replace("Dataclass", "Immutable")
        assert hash(mine) == hash(theirs)
        assert [each.name for each in fields(mine)] == [each.name for each in fields(theirs)]
        assert [mine == other for other, _ in PAIRS] == [theirs == other for _, other in PAIRS]
        assert mine != theirs
        assert Immutable.__match_args__ == Dataclass.__match_args__
        assert Immutable.__slots__ == Dataclass.__slots__


def test_what_is_aside_does_not_count() -> None:
    assert Immutable(1, aside=2) == Immutable(1, aside=3)
    assert Immutable(1, hidden=2) != Immutable(1, hidden=3)
    assert Immutable(1) != Longer(1)


def test_it_cannot_be_changed() -> None:
    mine = Immutable(1)
    for change in ("mine.number = 2", "del mine.number", "mine.other = 2"):
        with pytest.raises(FrozenInstanceError):
            exec(change)
    assert replace(mine, number=2) == Immutable(2)
    assert mine == Immutable(1)
    assert not hasattr(mine, "__dict__")


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))])
def test_it_is_copied(again: Any) -> None:
    for mine in (Immutable(1, "b", (2,), aside=3, hidden=4), Longer(1, made=[1], last=2), Empty()):
        found = again(mine)
        assert found == mine
        assert found is not mine
        assert [getattr(found, each.name) for each in fields(mine)] == [
            getattr(mine, each.name) for each in fields(mine)
        ]


def test_what_is_made_is_made_anew() -> None:
    assert Longer(1).made is not Longer(1).made
    with pytest.raises(TypeError):
        hash(Longer(1))


def test_arguments_are_those_of_the_fields() -> None:
    with pytest.raises(TypeError, match=r"^Immutable.__init__\(\) missing 1 required positional argument: 'number'$"):
        Immutable()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unexpected keyword argument 'nothing'"):
        Immutable(1, nothing=2)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="last"):
        Longer(1, last=-1)


def test_cached_properties_are_worked_out_once() -> None:
    mine = Caching(1)
    assert mine.made is mine.made
    assert mine == Caching(1)
    assert copy.copy(mine).made == [1]
    with pytest.raises(FrozenInstanceError):
        mine.number = 2  # type: ignore[misc]


def test_methods_of_its_own_stay() -> None:
    assert Own(1) == 3
    assert repr(Own(1)) == "own"
    assert hash(Own(1)) == hash(Own(1))
    assert (repr(Empty()), Empty() == Empty(), hash(Empty()) == hash(Empty())) == ("Empty()", True, True)


def test_unique_objects_equal_only_themselves() -> None:
    one, other = Unique(1), Unique(1)
    assert (one == other, one == one, len({one, other})) == (False, True, 2)
    assert repr(one) == "Unique(number=1, many=[])"
    assert replace(one, number=2).number == 2
    with pytest.raises(FrozenInstanceError):
        one.number = 2  # type: ignore[misc]


def test_mutable_objects_change() -> None:
    one = Mutable(1)
    one.number = 2
    one.many.append(3)
    assert repr(one) == "Mutable(number=2, many=[3])"
    assert one != Mutable(2, [3])
    assert repr(pickle.loads(pickle.dumps(one))) == repr(one)
    with pytest.raises(AttributeError):
        one.other = 1  # type: ignore[attr-defined]


def test_a_class_below_has_its_own_constructor() -> None:
    """Whichever is constructed first: a constructor replaces itself at its first call, for its own class alone."""

    @immutable
    class Above:
        number: int

    @immutable
    class Below(Above):
        text: str = "a"

    class Plain(Below):
        pass

    assert (Plain(1).text, Below(1, "b").text, Above(2).number) == ("a", "b", 2)
    assert [each.name for each in fields(Plain)] == ["number", "text"]
    assert [(each.name, each.type) for each in fields(Above)] == [("number", "int")]


def test_its_signature_is_known_before_the_first_object() -> None:
    @immutable
    class Point:
        x: int
        y: int = 0

    class Named(Point):
        pass

    class Other(Point):
        def __init__(self, text: str) -> None:
            super().__init__(len(text))

    assert str(inspect.signature(Point)) == "(x, y=0)"
    assert str(inspect.signature(Named)) == "(x, y=0)"
    assert str(inspect.signature(Other)) == "(text: 'str') -> 'None'"
    assert (Point(1).x, Other("four").x) == (1, 4)
    assert str(inspect.signature(Point)) == "(x, y=0)"


def test_classes_with_as_many_fields_share_the_text_of_their_constructors() -> None:
    @immutable
    class Circle:
        radius: float
        tags: list[str] = field(default_factory=list)

    @immutable
    class Square:
        side: int
        notes: list[int] = field(default_factory=lambda: [1])

    circle, square = Circle(2.0), Square(side=3)
    assert (repr(circle), repr(square)) == (
        "test_classes_with_as_many_fields_share_the_text_of_their_constructors.<locals>.Circle(radius=2.0, tags=[])",
        "test_classes_with_as_many_fields_share_the_text_of_their_constructors.<locals>.Square(side=3, notes=[1])",
    )
    assert Circle.__init__.__code__.co_code == Square.__init__.__code__.co_code
    assert Circle(1.0, tags=None).tags is None  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"Square.__init__\(\) missing 1 required positional argument: 'side'$"):
        Square(notes=[])  # type: ignore[call-arg]


def test_a_field_that_must_be_given_comes_first() -> None:
    @immutable
    class Wrong:
        first: int = 0
        second: int  # type: ignore[misc]

    with pytest.raises(TypeError, match="`second`, which has no default, follows a field that has one"):
        Wrong(1, 2)
