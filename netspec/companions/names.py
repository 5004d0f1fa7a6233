"""Names that generated files take: of modules, of distributions, and of the libraries that they import."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import packages_distributions
from pathlib import Path

from netspec.backends.layout import WIDTH
from netspec.diagnostics import Code, NetspecError
from netspec.expr import is_identifier

REQUIREMENTS = {
    "numpy": "numpy>=1.26",
    "PIL": "pillow>=10",
    "pycocotools": "pycocotools>=2.0.8",
    "pyarrow": "pyarrow>=15",
    "scipy": "scipy>=1.11",
    "sklearn": "scikit-learn>=1.5",
    "torchvision": "torchvision>=0.21",
    "yaml": "pyyaml>=6",
}
"""The requirements, as `pip` takes them, of libraries that scripts import beside torch, by the imported name."""

TAKEN = frozenset({"torch", "pytest", "netspec", *REQUIREMENTS})
"""Packages that generated files, or what they need, import."""


def is_free(module: str) -> bool:
    """Whether a module can bear a name, and hides none that generated files import."""
    return is_identifier(module) and module not in TAKEN and module not in sys.stdlib_module_names


def package_name(name: str) -> str:
    """The name of a network's package, from that of its spec: ``resnet_50`` for ``ResNet-50``."""
    stem = name.replace("-", "_").lower().strip("_") or "network"
    return stem if is_free(stem) else f"net_{stem}"


def distribution_name(name: str) -> str:
    """The name of a network's package for `pip`."""
    return package_name(name).replace("_", "-")


def distributions(packages: Sequence[str]) -> list[str]:
    """The names for `pip` of the packages that a network imports; their own where `pip` knows none."""
    known = packages_distributions() if packages else {}
    return sorted({name for package in packages for name in known.get(package, [package])})


def module_of(file: Path) -> str:
    """The name by which files beside it import a file.

    Raises:
        NetspecError: NS0903: no file can import it.
    """
    if file.suffix == ".py" and is_free(file.stem):
        return file.stem
    hides = file.suffix == ".py" and is_identifier(file.stem)
    reason = f"it would hide the module `{file.stem}`" if hides else "its name is none of a module"
    raise NetspecError.of(
        Code.FILE_UNWRITABLE,
        f"{file} cannot be imported by the files beside it: {reason}",
        expected="a name such as `network.py`",
    )


def importing(render: Callable[[str, str], str], module: str, cls: str) -> str:
    """A file that imports a network's class, under a name that nothing else in the file bears.

    Args:
        render: Makes the text of the file from the statement that imports the class, and the name of the class there.
        module: The module of the class.
        cls: Its own name.
    """
    used = _names(render("", "x")) | set(dir(builtins))
    alias = cls
    while alias in used:
        alias += "Network"
    return render(import_text(module, cls, alias), alias)


def import_text(module: str, cls: str, alias: str) -> str:
    """The statement that imports a class."""
    name = cls if alias == cls else f"{cls} as {alias}"
    line = f"from {module} import {name}"
    return line if len(line) <= WIDTH else f"from {module} import (\n    {name},\n)"


def _names(text: str) -> set[str]:
    """Every name that a file reads or binds."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
    return found


def requirements_of(text: str, network: str = "") -> list[str]:
    """The requirements, as `pip` takes them, of a script's imports beside torch and `network`, its package.

    Those that netspec does not know come with plugins, and have no bounds.
    """
    tops: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            tops |= {each.name.partition(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            tops.add((node.module or "").partition(".")[0])
    others = sorted(tops - REQUIREMENTS.keys() - sys.stdlib_module_names - {"", "torch", network})
    return [*(wanted for top, wanted in REQUIREMENTS.items() if top in tops), *distributions(others)]


def needs_of(text: str, packages: Sequence[str] = ()) -> str:
    """The libraries that a script needs, in words: ``torch and scikit-learn``.

    Args:
        text: The script's imports and definitions.
        packages: Those that its network imports.
    """
    own = [wanted.partition(">")[0] for wanted in requirements_of(text)]
    *others, last = ["torch", *own, *(each for each in distributions(packages) if each not in (*own, "torch"))]
    return f"{', '.join(others)} and {last}" if others else last
