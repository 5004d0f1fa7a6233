import io

import pytest

from netspec.cli.output import show
from netspec.diagnostics.styled import line

LINES = [line(("bold [text]", "bold"), " plain"), line()]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def terminal_of_colour(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)


def test_a_pipe_gets_plain_text():
    stream = io.StringIO()
    show(LINES, stream)
    assert stream.getvalue() == "bold [text] plain\n\n"


def test_a_line_stays_one_line():
    stream = io.StringIO()
    show([line(("a\nb", "bold"), "\x1b[2J \t ")], stream)
    assert stream.getvalue() == "a\\u000ab\\u001b[2J \\u0009\n"


def test_a_terminal_gets_styles_and_no_markup_is_read():
    stream = Terminal()
    show(LINES, stream)
    assert stream.getvalue() == "\x1b[1mbold [text]\x1b[0m plain\n\n"


@pytest.mark.parametrize(("variable", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_terminal_that_wants_no_colour_gets_none(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    stream = Terminal()
    show(LINES, stream)
    assert "\x1b" not in stream.getvalue()
