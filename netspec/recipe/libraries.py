"""The libraries that training needs beside netspec itself."""

from importlib.util import find_spec

from netspec.diagnostics import Code, NetspecError

LIBRARIES = ("torch", "safetensors")


def require(*libraries: str, what: str = "this", extra: str = "train") -> None:
    """Make sure that libraries are installed, without importing them.

    Args:
        libraries: Their names in Python.
        what: What needs them.
        extra: The extra of netspec's that installs them.

    Raises:
        NetspecError: NS0904 naming those that are missing.
    """
    missing = [name for name in libraries if find_spec(name) is None]
    if missing:
        names = ", ".join("scikit-learn" if name == "sklearn" else name for name in missing)
        message = f"{what} needs {names}, which {'is' if len(missing) == 1 else 'are'} not installed"
        raise NetspecError.of(Code.TORCH_MISSING, message, help=f"install with: pip install 'netspec[{extra}]'")
