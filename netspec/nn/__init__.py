"""The torch modules and functions that torch lacks, a family to a file; every file of this package is found.

Generated source carries the text of those it uses, with all that they read and import, here and elsewhere. So these
files are laid out as ruff lays out at 88 columns as well as at ours, and pass strict mypy without settings.
"""

import importlib
import inspect
import pkgutil

for _file in pkgutil.iter_modules(__path__):
    _module = importlib.import_module(f"{__name__}.{_file.name}")
    _members = inspect.getmembers(_module, lambda member: inspect.isclass(member) or inspect.isfunction(member))
    globals().update((name, each) for name, each in _members if each.__module__ == _module.__name__)
