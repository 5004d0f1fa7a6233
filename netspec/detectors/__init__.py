"""The kinds of detectors, found in the files of this package: a new file with a `Detector` class is all it takes."""

from collections.abc import Mapping
from functools import cache

from netspec.choices import Registry
from netspec.detectors.base import Detector


@cache
def registry() -> Mapping[str, type[Detector]]:
    """Every kind by its YAML name, sorted."""
    found = Registry(Detector, "kind", __name__, "detector")
    found.sort()
    return found
