"""A spec as one self-contained JSON document, which is YAML too, so that netspec loads it. Imports no torch."""

from __future__ import annotations

import json

from netspec.diagnostics import Code, NetspecError
from netspec.driver.spec import Spec
from netspec.frontend.scalars import escaped


def resolved_json(spec: Spec) -> str:
    """The spec with all its bases and settings; it loads as the same network.

    Raises:
        NetspecError: NS0909: it holds an infinite number or nan, which JSON lacks.
    """
    data = {key: value for key, value in spec.document.places.data.items() if key != "extends"}
    try:
        text = json.dumps(data, ensure_ascii=False, allow_nan=False, indent=2)
    except ValueError:
        message = "the spec holds a number that is not finite, for which JSON has no word"
        raise NetspecError.of(Code.EXPORT_FAILED, message) from None
    return escaped(text) + "\n"
