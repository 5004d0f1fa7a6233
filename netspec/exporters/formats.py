"""The formats for exported networks. Imports no torch."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from netspec.diagnostics import Code, NetspecError, unknown
from netspec.objects.immutable import immutable


@immutable
class Format:
    """A format.

    Attributes:
        name: The name that `--format` takes.
        suffix: The suffix of its files.
        title: The common name.
        libraries: Packages for writing and checking it.
    """

    name: str
    suffix: str
    title: str
    libraries: tuple[str, ...]


ONNX = Format("onnx", ".onnx", "ONNX", ("torch", "onnx", "onnxscript", "onnxruntime"))
PT2 = Format("pt2", ".pt2", "torch.export", ("torch",))
SAFETENSORS = Format("safetensors", ".safetensors", "safetensors", ("torch", "safetensors"))

FORMATS = {each.name: each for each in (ONNX, PT2, SAFETENSORS)}


def format_of(path: Path, name: str | None = None) -> Format:
    """The format by its name, else by the suffix of the file.

    Raises:
        NetspecError: NS0911: there is no such format.
    """
    if name is not None:
        if name not in FORMATS:
            fact = unknown(name, FORMATS, listed=FORMATS)
            raise NetspecError.of(Code.UNKNOWN_FORMAT, f"`{name}` is no format to export to", fact=fact)
        return FORMATS[name]
    found = next((each for each in FORMATS.values() if each.suffix == path.suffix.lower()), None)
    if found is None:
        ending = f"`{path.suffix}` is the suffix of no format" if path.suffix else "it has no suffix"
        raise NetspecError.of(
            Code.UNKNOWN_FORMAT,
            f"{path} does not tell its format: {ending}",
            expected=f"one of {', '.join(each.suffix for each in FORMATS.values())}, or the format's name",
        )
    return found


def require(form: Format) -> None:
    """Make sure that a format's packages are installed, without importing them.

    Raises:
        NetspecError: NS0904: names the missing package.
    """
    missing = [name for name in form.libraries if find_spec(name) is None]
    if missing:
        raise NetspecError.of(
            Code.TORCH_MISSING,
            f"{form.title} needs {', '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not installed",
            help="install with: pip install 'netspec[export]'",
        )
