"""Reference networks for comparison: of torchvision, of timm, or from the user's own code."""

from __future__ import annotations

import importlib
import inspect
import sys
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from netspec.diagnostics import Code, NetspecError, unknown
from netspec.files.python_file import place, run_file
from netspec.interop.randomness import without_weights

FORMS = "torchvision:NAME, timm:NAME or FILE.py:CALLABLE"


def make_reference(against: str, options: Mapping[str, Any] | None = None) -> nn.Module:
    """A network by its reference. Its weights are arbitrary, since they are filled later.

    Args:
        against: ``torchvision:NAME``, ``timm:NAME`` or ``FILE.py:CALLABLE``, whose callable gives a module.
        options: Keyword arguments of the callable.

    Raises:
        NetspecError: NS0904 where the package is missing, NS0908 where there is no such network or it fails.
    """
    source, colon, name = against.rpartition(":") if against.count(":") > 1 else against.partition(":")
    if not colon or not name or not source:
        raise NetspecError.of(Code.REFERENCE_FAILED, f"`{against}` names no network", expected=FORMS)
    given = dict(options or {})
    if source == "torchvision":
        return _torchvision(name.partition("/")[0], given)
    if source == "timm":
        return _timm(name, given)
    if source.endswith(".py"):
        return _own_code(Path(source), name, given)
    fact = unknown(source, ["torchvision", "timm"])
    raise NetspecError.of(Code.REFERENCE_FAILED, f"`{against}` names no network", expected=FORMS, fact=fact)


def package(name: str) -> ModuleType:
    """A package that is not part of every installation.

    Raises:
        NetspecError: NS0904: it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name.partition(".")[0]:
            raise
        message = f"this needs {error.name}, which is not installed"
        raise NetspecError.of(Code.TORCH_MISSING, message, help=f"install with: pip install {error.name}") from None


def collection(hub: str, name: str) -> ModuleType:
    """The networks of torchvision or of timm, among which the named one is.

    Raises:
        NetspecError: NS0904: it is not installed. NS0908: it has no such network.
    """
    networks = package("torchvision.models" if hub == "torchvision" else hub)
    if not (networks.is_model(name) if hub == "timm" else name in networks.list_models()):
        fact = unknown(name, networks.list_models())
        raise NetspecError.of(Code.REFERENCE_FAILED, f"{hub} has no network `{name}`", fact=fact)
    return networks


def _torchvision(name: str, options: dict[str, Any]) -> nn.Module:
    builder = collection("torchvision", name).get_model_builder(name)
    takes = inspect.signature(builder).parameters
    defaults = {key: None for key in ("weights", "weights_backbone") if key in takes}
    return _called(_quick(builder), {**defaults, **options}, f"torchvision's {name}")


def _quick(builder: Callable[..., Any]) -> Callable[..., Any]:
    """The builder without its own initialisation where it has one, which may take seconds."""

    def build(**options: Any) -> Any:
        try:
            return builder(**{"init_weights": False, **options})
        except TypeError:
            return builder(**options)

    return build


def _timm(name: str, options: dict[str, Any]) -> nn.Module:
    create = collection("timm", name.partition(".")[0]).create_model
    return _called(create, {"model_name": name, "pretrained": False, **options}, f"timm's {name}")


def _called(builder: Callable[..., Any], options: dict[str, Any], what: str) -> nn.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            made = without_weights(lambda: builder(**options))
    except Exception as error:
        message = f"{what} cannot be made: {type(error).__name__}: {error}"
        raise NetspecError.of(Code.REFERENCE_FAILED, message, help="its options are those of --with") from error
    assert isinstance(made, nn.Module)
    return made


def _own_code(path: Path, name: str, options: dict[str, Any]) -> nn.Module:
    """The result of a callable in the user's file. The file can import its neighbours, as if it were run."""
    folder = str(path.resolve().parent)
    sys.path.insert(0, folder)
    try:
        module = run_file(path, "reference", Code.REFERENCE_FAILED)
        callables = [key for key, value in vars(module).items() if callable(value)]
        make = getattr(module, name, None)
        if make is None:
            fact = unknown(name, callables)
            raise NetspecError.of(Code.REFERENCE_FAILED, f"{path} defines no `{name}`", fact=fact)
        try:
            made = make if isinstance(make, nn.Module) or not callable(make) else make(**options)
        except (Exception, SystemExit) as error:
            message = f"`{name}` of {path} fails: {type(error).__name__}: {error}"
            raise NetspecError.of(Code.REFERENCE_FAILED, message, span=place(path, error)) from error
    finally:
        sys.path.remove(folder)
    if not isinstance(made, nn.Module):
        raise NetspecError.of(
            Code.REFERENCE_FAILED,
            f"`{name}` of {path} gives no network",
            found=f"an object of type {type(made).__name__}",
            expected="a torch.nn.Module",
        )
    return made
