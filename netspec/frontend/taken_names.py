"""Names that the language and its layers have taken: no block and no block's parameter can have them."""

from __future__ import annotations

from netspec.diagnostics import Code
from netspec.diagnostics.facts import RefusedName
from netspec.frontend.problems import Report, Told
from netspec.frontend.schema import COMMON_KEYS, STRUCTURES
from netspec.frontend.source import Path_
from netspec.layers import registry


def check_parameter_name(name: str, path: Path_, report: Report) -> bool:
    """Whether a block's parameter may have this name; reports it if not."""
    if name not in COMMON_KEYS and name not in STRUCTURES:
        return True
    message = f"a block's parameter cannot be called `{name}`"
    help = "every entry has an option of that name" if name in COMMON_KEYS else "a structure is called so"
    told = Told(expected="another name", help=help, fact=RefusedName(name, "a parameter"))
    report.add(Code.BAD_NAME, message, path, key=True, **told)
    return False


def check_block_name(name: str, path: Path_, report: Report) -> None:
    """Report a block whose name is a layer's or belongs to the language."""
    layer = name in registry()
    if layer or name in STRUCTURES or name in COMMON_KEYS or name == "reuse":
        message = f"`{name}` is {'a layer' if layer else 'a part of the language'} already"
        fact = RefusedName(name, "a block")
        report.add(Code.BAD_NAME, message, path, key=True, expected="another name", fact=fact)
