import pytest

from netspec import api
from netspec.analysis import analyze
from netspec.analysis.budget import over_budget
from netspec.analysis.footprint import Footprint
from netspec.analysis.optimizer_state import OptimizerState
from netspec.diagnostics import Code, Span
from tests.analysis.builder import Dense, Net, Opaque, lenet

SPAN = Span("a.yaml", 3, 1, 3, 5)
ANALYSIS = analyze(lenet())
PARAMS = ANALYSIS.weights.total.params


def broken(**budget: str | int):
    return over_budget(ANALYSIS, budget, lambda path: SPAN)


@pytest.mark.parametrize(
    "limit",
    [
        PARAMS,
        str(PARAMS),
        f"<= {PARAMS}",
        f"< {PARAMS + 1}",
        f"== {PARAMS}",
        "<=1M",
        "<= 0.1G",
        "> 1K",
        "<1e6",
        "<= 1P",
        ">= 1k",
    ],
)
def test_limits_that_hold(limit):
    assert broken(params=limit) == []


@pytest.mark.parametrize("limit", [PARAMS - 1, f"< {PARAMS}", "<= 1K", ">= 1T"])
def test_limits_that_break(limit):
    (diagnostic,) = broken(params=limit)
    assert (diagnostic.code, diagnostic.span) == (Code.BUDGET_EXCEEDED, SPAN)
    assert diagnostic.found == f"{PARAMS:,} parameters"


def test_every_broken_limit_is_told():
    assert [d.expected for d in broken(params="<= 1K", macs="< 1", depth="<= 4")] == ["<= 1K", "< 1"]


def test_what_cannot_be_checked_is_an_error():
    assert [d.code for d in broken(params="about 3", memory="<= 2G", size=3)] == [Code.WRONG_TYPE] * 3


def test_an_unknown_figure_keeps_no_limit():
    net = Net(8)
    net.add(Dense(out=8), "fc")
    net.add(Opaque(), "black_box")
    (diagnostic,) = over_budget(analyze(net.graph()), {"macs": "<= 1T"}, lambda path: None)
    assert diagnostic.found == "unknown"


def test_a_receptive_field_keeps_its_limit_along_every_axis():
    assert broken(receptive_field=">= 7") == []
    (diagnostic,) = broken(receptive_field="<= 6")
    assert diagnostic.found == "7 input elements"


def test_a_network_that_sees_everything_at_once_has_no_receptive_field_to_hold():
    net = Net(8)
    net.add(Dense(out=8), "fc")
    (diagnostic,) = over_budget(analyze(net.graph()), {"receptive_field": "<= 100"}, lambda path: None)
    assert diagnostic.found == "unknown"


def test_memory_is_the_peak_of_a_training_step_on_one_example():
    graph = api.load("lenet").graph
    analysis = analyze(graph)
    peak = Footprint(graph).training_peak
    assert over_budget(analysis, {"memory": f"<= {peak}B"}, lambda path: None) == []
    (diagnostic,) = over_budget(analysis, {"memory": f"< {peak}B"}, lambda path: SPAN)
    assert (diagnostic.code, diagnostic.found) == (Code.BUDGET_EXCEEDED, f"{peak:,} bytes")
    adam = OptimizerState("adam", slots=2, counters=True)
    assert over_budget(analysis, {"memory": f"<= {peak}B"}, lambda path: None, adam)
    assert over_budget(analysis, {"memory": "<= 2MB"}, lambda path: None, adam) == []


def test_a_receptive_field_is_the_largest_before_it_is_global():
    analysis = analyze(api.load("vgg16").graph)
    assert over_budget(analysis, {"receptive_field": "== 212"}, lambda path: None) == []
    (diagnostic,) = over_budget(analysis, {"receptive_field": ">= 224"}, lambda path: None)
    assert diagnostic.found == "212 input elements"
