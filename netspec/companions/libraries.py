"""The libraries that a training script imports."""

from __future__ import annotations

import ast

REQUIREMENTS = {
    "numpy": "numpy>=1.26",
    "PIL": "pillow>=10",
    "pyarrow": "pyarrow>=15",
    "scipy": "scipy>=1.11",
    "sklearn": "scikit-learn>=1.4",
    "torchmetrics": "torchmetrics>=1.4",
    "torchvision": "torchvision>=0.21",
}
"""The requirements, as `pip` takes them, of libraries that scripts import beside torch, by the imported name."""


def requirements_of(text: str) -> list[str]:
    """The requirements, as `pip` takes them, of a script's imports beside torch and the network."""
    tops: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            tops |= {each.name.partition(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            tops.add((node.module or "").partition(".")[0])
    return [wanted for top, wanted in REQUIREMENTS.items() if top in tops]


def needs_of(text: str) -> str:
    """The libraries that a script needs, in words: ``torch and scikit-learn``."""
    *others, last = ["torch", *(wanted.partition(">")[0] for wanted in requirements_of(text))]
    return f"{', '.join(others)} and {last}" if others else last
