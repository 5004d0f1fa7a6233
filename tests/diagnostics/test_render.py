import pickle
from dataclasses import replace

import pytest

from netspec import api
from netspec.diagnostics import Code, Diagnostic, NetspecError, Related, Span
from netspec.diagnostics.render import render, tally
from netspec.diagnostics.styled import plain

SOURCE = """netspec: 1
input: [1, 28, 28]
layers:
  - {conv: 6, kernel: 50, name: conv1}
  - relu
"""
SPAN = Span("lenet.yaml", 4, 15, 4, 25)


def shown(*diagnostics: Diagnostic, source: str = SOURCE) -> str:
    return plain(render([in_text(each, source) for each in diagnostics]))


def in_text(diagnostic: Diagnostic, source: str) -> Diagnostic:
    """The same, of a text."""
    related = tuple(replace(each, span=each.span and replace(each.span, text=source)) for each in diagnostic.related)
    return replace(diagnostic, span=diagnostic.span and replace(diagnostic.span, text=source), related=related)


def test_everything_a_diagnostic_can_say():
    diagnostic = Diagnostic(
        Code.KERNEL_TOO_LARGE,
        "the kernel is larger than its input",
        SPAN,
        found="a kernel of 50",
        expected="at most 28",
        help="use a kernel of at most 28",
        related=(Related(Span("lenet.yaml", 2, 8, 2, 19), "the input"), Related(None, "padding adds nothing")),
    )
    assert (
        shown(diagnostic)
        == """\
error[NS0302]: the kernel is larger than its input
 --> lenet.yaml:4:15
  |
4 |   - {conv: 6, kernel: 50, name: conv1}
  |               ^^^^^^^^^^
  = found: a kernel of 50
  = expected: at most 28
 ::: lenet.yaml:2:8
  |
2 | input: [1, 28, 28]
  |        ----------- the input
  = note: padding adds nothing
  = help: use a kernel of at most 28

1 error
"""
    )


def test_without_a_place():
    assert shown(Diagnostic(Code.FILE_NOT_FOUND, "no spec `x`")) == "error[NS0901]: no spec `x`\n\n1 error\n"


def test_a_text_that_is_gone_still_gives_its_place():
    text = plain(render([Diagnostic(Code.YAML_SYNTAX, "broken", Span("no/such/file.yaml", 3, 1, 3, 2))]))
    assert text == "error[NS0101]: broken\n --> no/such/file.yaml:3:1\n\n1 error\n"


def test_a_span_of_several_lines_marks_the_first_to_its_end():
    text = shown(Diagnostic(Code.BAD_ENTRY, "bad", Span("lenet.yaml", 3, 1, 5, 9)))
    assert "3 | layers:\n  | ^^^^^^^\n" in text


def test_an_empty_span_and_one_past_the_end_get_one_caret():
    assert "  |   ^\n" in shown(Diagnostic(Code.BAD_ENTRY, "bad", Span("lenet.yaml", 4, 3, 4, 3)))
    assert "  |        ^\n" in shown(Diagnostic(Code.BAD_ENTRY, "bad", Span("lenet.yaml", 3, 99, 3, 100)))


def test_a_long_line_is_shown_around_the_caret():
    source = "x" * 500 + "BAD" + "y" * 500
    text = shown(Diagnostic(Code.BAD_ENTRY, "bad", Span("lenet.yaml", 1, 501, 1, 504)), source=source)
    excerpt, underline = text.splitlines()[3:5]
    assert len(excerpt) < 140
    assert excerpt.index("BAD") == underline.index("^^^")


def test_control_characters_do_not_reach_the_terminal():
    text = shown(Diagnostic(Code.BAD_ENTRY, "bad \x1b[31m", Span("lenet.yaml", 1, 1, 1, 2)), source="a\x1b[2Jb")
    assert "\x1b" not in text


def test_wide_characters_keep_the_caret_in_place():
    text = shown(Diagnostic(Code.BAD_ENTRY, "bad", Span("lenet.yaml", 1, 4, 1, 7)), source="層: BAD")
    assert text.splitlines()[4] == "  |     ^^^"


def test_tally():
    error = Diagnostic(Code.BAD_ENTRY, "bad")
    warning = Diagnostic(Code.BAD_ENTRY, "odd", severity="warning")
    assert tally([error, error, warning]) == "2 errors, 1 warning"


def test_an_error_of_another_process_arrives_whole():
    with pytest.raises(NetspecError) as caught:
        api.loads(SOURCE.replace("netspec: 1", "netspec: 1\nname: net").replace("- relu", "- relu: 4")).graph  # noqa: B018
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), str(again), again.diagnostics) == (NetspecError, str(caught.value), caught.value.diagnostics)
    assert type(again.partial) is type(caught.value.partial)
