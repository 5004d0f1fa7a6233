"""The base of data sets at a place that the recipe names. It has no name of its own."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from netspec.recipe.data.base import DataSet
from netspec.recipe.data.finding import locate
from netspec.recipe.data.problems import missing


class Placed(DataSet):
    """Base of data sets whose main argument is a file or a folder, as it is or below the folders of data.

    Class attributes:
        absent: The beginning of the sentence that says that there is none, before the path.
        expected: The things that should be there, in words.
        in_folder: Whether the place must be a folder.

    Attributes:
        path: The file or the folder.
    """

    absent: ClassVar[str]
    expected: ClassVar[str]
    in_folder: ClassVar[bool] = False
    brings_parts: ClassVar[bool] = True
    main: ClassVar[str | None] = "path"

    path: str

    def look(self) -> None:
        self.look_into(self.place())

    def look_into(self, place: Path) -> None:
        """Make sure that what lies there begins as it should, as far as that is told without torch, at once.

        Raises:
            NetspecError: NS0802, NS0803: it holds nothing of the kind, or a file is broken.
        """

    def place(self) -> Path:
        """The file or the folder.

        Raises:
            NetspecError: NS0802: it is not there.
        """
        found, looked = locate(self.path, folder=self.in_folder)
        if found is None:
            missing(f"{self.absent} {self.path}; looked for {looked}", self.expected)
        return found

    @property
    def script_folder(self) -> str:
        return self.path
