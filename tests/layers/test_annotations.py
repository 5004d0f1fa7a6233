"""Layers' annotations, which pydantic evaluates again for every class below the one that has them."""

from netspec.frontend import schema
from netspec.layers import registry


def test_annotations_are_evaluated_once():
    classes = {base for layer in registry().values() for base in layer.__mro__ if base.__module__.startswith("netspec")}
    classes |= {each for each in vars(schema).values() if isinstance(each, type) and issubclass(each, schema.Form)}
    postponed = {
        each.__module__
        for each in classes
        if any(isinstance(annotation, str) for annotation in vars(each).get("__annotations__", {}).values())
    }
    assert postponed == set()
