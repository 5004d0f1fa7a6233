"""Names of classes in generated source."""

import keyword
import re


def class_name(name: str) -> str:
    """`inverted_residual` as ``InvertedResidual``, ``resnet50`` as ``Resnet50``."""
    words = [w for w in re.split(r"[^A-Za-z0-9]+", name) if w]
    joined = "".join(w[:1].upper() + w[1:] for w in words) or "Network"
    if joined[0].isdigit() or keyword.iskeyword(joined):
        joined = f"Net{joined}"
    return joined
