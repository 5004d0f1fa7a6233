"""The form of a document's text: wrong parts are reported, and the rest is read without them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from netspec.diagnostics import Code
from netspec.diagnostics.facts import Missing
from netspec.frontend.problems import Problem, Report
from netspec.frontend.schema import DocumentForm
from netspec.frontend.source import Path_
from netspec.objects.immutable import immutable


@immutable
class ReadForm:
    """A document's form, and the paths of the wrong parts that it was read without."""

    form: DocumentForm
    left_out: tuple[Path_, ...]

    def inside(self, section: str) -> frozenset[str]:
        """The keys of a section in which something was left out."""
        return frozenset(str(path[1]) for path in self.left_out if path[0] == section and len(path) > 1)


def read_form(data: dict[str, Any], report: Report) -> ReadForm | None:
    """The form of a text; None if it is too wrong to continue."""
    written = data
    left_out: list[Path_] = []
    for _ in range(len(data) + 2):
        try:
            return ReadForm(DocumentForm.model_validate(data), tuple(left_out))
        except ValidationError as error:
            from netspec.frontend.form_errors import form_errors  # few texts have any

            found = [p for p in form_errors(error, DocumentForm, ()) if not _was_there(p, written)]
            problems = [_placed(p, report) for p in found]
            report.extend(problems)
            for problem in problems:
                if problem.code is not Code.MISSING_KEY:
                    data, removed = _without(data, problem.location)
                    left_out.append(removed)
            data = {"name": "network", **data, "netspec": 1}
    return None


def _was_there(problem: Problem, written: Any) -> bool:
    """Whether a key is missing only because its value was wrong, and is reported already."""
    for key in problem.location:
        written = written.get(key) if isinstance(written, dict) else None
    return isinstance(problem.fact, Missing) and isinstance(written, dict) and problem.fact.name in written


def _placed(problem: Problem, report: Report) -> Problem:
    """A problem at its place in the text: an input that is written as its shape alone is a list."""
    for at, key in enumerate(problem.location):
        if key == "shape" and not report.places.has(problem.location[: at + 1]):
            return replace(problem, location=problem.location[:at] + problem.location[at + 1 :])
    return problem


def _without(data: dict[str, Any], path: Path_) -> tuple[dict[str, Any], Path_]:
    """`data` without the value at a path, and the path; for a value in a list, those of the key that holds the list."""
    result = here = dict(data)
    for at, key in enumerate(path[:-1]):
        inner = here.get(str(key))
        if not isinstance(inner, dict):
            path = path[: at + 1]
            break
        here[str(key)] = here = dict(inner)
    here.pop(str(path[-1]), None)
    return result, path
