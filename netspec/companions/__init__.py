"""The files beside a network's source: a training script, a test file, a whole package. Imports no torch.

`files` gives a source and its companions by their paths, `package` the files of a package by theirs, as texts;
`write_files` and `write_package` write them, and `differences` shows where written files differ from those that the
spec would give.
"""

from netspec.companions.companion_files import differences, files, write_files
from netspec.companions.folder import package, write_package

__all__ = ["differences", "files", "package", "write_files", "write_package"]
