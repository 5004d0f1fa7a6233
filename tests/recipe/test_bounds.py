"""No number of a recipe decides our time or memory: every whole number that one can say has an upper bound."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, get_args

import pytest
from pydantic import TypeAdapter, ValidationError

from netspec.diagnostics import NetspecError
from netspec.recipe.json_schema import recipe_schema
from netspec.recipe.parts import Part, Settings
from netspec.recipe.recipe import read_recipe

HUGE = 10**15

BOUNDED_ELSEWHERE = {
    "Synthetic.examples": "by the bytes of all images, in the same class",
    "Synthetic.size": "by the bytes of all images, in the same class",
    "Segmentation.classes": "by 255, in the same class",
}


def kinds(base: type) -> Iterator[Any]:
    for each in base.__subclasses__():
        yield each
        yield from kinds(each)


def holds_whole_numbers(annotation: Any) -> bool:
    return annotation is int or any(map(holds_whole_numbers, get_args(annotation)))


def fields() -> list[Any]:
    recipe_schema()  # imports the files of all parts
    found = {
        f"{kind.__name__}.{name}": Annotated[field.annotation, None, *field.metadata]
        for kind in [*kinds(Part), *kinds(Settings)]
        for name, field in kind.model_fields.items()
        if kind.__module__.startswith("netspec.") and holds_whole_numbers(field.annotation)
    }
    return [pytest.param(name, kind, id=name) for name, kind in found.items() if name not in BOUNDED_ELSEWHERE]


def takes(kind: Any, value: Any) -> bool:
    try:
        TypeAdapter(kind).validate_python(value, strict=True)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(("name", "kind"), fields())
def test_every_whole_number_is_bounded(name: str, kind: Any) -> None:
    forms = [HUGE, (HUGE,), (HUGE, HUGE), (HUGE, HUGE, HUGE), {"output": HUGE}]
    assert not [form for form in forms if takes(kind, form)]


RECIPE = {"data": "shapes", "loss": "detector", "optimizer": {"sgd": 0.1}, "epochs": 1}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"augment": [{"crop": 32, "padding": 100_000}]}, "padding"),
        ({"augment": [{"crop": 32, "padding": 33}]}, "`padding`, 33, is more than the piece of 32x32"),
        ({"augment": [{"scale_jitter": [1, 8]}] * 2}, "with `scale_jitter` an axis can become 64 times as long"),
        ({"augment": [{"zoom_out": [1, 8]}, {"scale_jitter": [1, 2.5]}]}, "20 times as long"),
        ({"data": {"synthetic": [1, 1, 1], "examples": 1 << 35}}, "and their labels, are"),
        ({"data": {"synthetic": [1 << 20, 1 << 20, 1]}}, "and their labels, are"),
        ({"data": {"segmentation": "here", "classes": HUGE}}, "masks tell 2 to 255"),
    ],
)
def test_what_would_fill_the_memory_is_refused(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(NetspecError, match=told):
        read_recipe(RECIPE | changed)


def test_a_crop_brings_images_back_to_one_size() -> None:
    read_recipe(RECIPE | {"augment": [{"scale_jitter": [1, 8]}, {"crop": 64}, {"zoom_out": [1, 8]}, {"iou_crop": 0.5}]})
