"""The points that trials have, or are about to have, so that processes which share a search never draw the same.

A trial claims its point in the storage before it takes it, and then looks at the claims of others: of two that claim a
point at once, at least one sees the other. It gives way to a trial that has the point, and to an earlier one that
claims it; for a later one, which gives way as soon as it looks, it waits.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from netspec.search.values import Place, Space
from netspec.training.keeping.lock import Holder

HOLDER, LOST, _CLAIM = "holder", "lost", "claim"
"""Names of what a trial keeps of its process: who that is, whether the worker that it gave the trial to was lost, and
the place of the point that it claims."""

_PATIENCE, _PAUSE = 10.0, 0.02
"""Seconds that a claim is waited for, since its process may have died on another machine; seconds between two looks."""


class NoneLeft(Exception):
    """Every point is a trial's."""


class Claims:
    """The points of other trials.

    Args:
        study: The trials.
        space: The points.
        trial: The trial that looks for one.
    """

    def __init__(self, study: Study, space: Space, trial: FrozenTrial) -> None:
        self._study, self._space, self._trial = study, space, trial

    def others(self) -> tuple[set[Place], dict[Place, int]]:
        """The places of other trials' points, and those that living ones claim, each by the first of them."""
        taken, claimed = set[Place](), dict[Place, int]()
        for each in self._study.get_trials(deepcopy=False):
            if each.number == self._trial.number:
                continue
            if each.params.keys() == self._space.axes.keys():
                taken.add(self._space.place(each.params))
            elif (claim := each.user_attrs.get(_CLAIM)) and each.state == TrialState.RUNNING and not is_dead(each):
                claimed.setdefault(tuple(claim), each.number)
        return taken, claimed

    def wait(self, claimed: Mapping[Place, int]) -> None:
        """Wait until these claims are settled, or too long.

        Raises:
            NoneLeft: It was too long, or there are none.
        """
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until and claimed:
            time.sleep(_PAUSE)
            if self.others()[1] != claimed:
                return
        raise NoneLeft

    def claim(self, place: Place) -> bool:
        """Claim a point; False where it is another's."""
        self._note(place)
        until = time.monotonic() + _PATIENCE
        while True:
            taken, claimed = self.others()
            first = claimed.get(place)
            if place not in taken and first is None:
                return True
            if place in taken or (first is not None and first < self._trial.number) or time.monotonic() > until:
                self._note(None)
                return False
            time.sleep(_PAUSE)

    def _note(self, place: Place | None) -> None:
        self._study._storage.set_trial_user_attr(self._trial._trial_id, _CLAIM, place and list(place))


def is_dead(trial: FrozenTrial) -> bool:
    """Whether the process that was at a trial is dead, or has lost its worker."""
    if trial.state != TrialState.RUNNING:
        return False
    if LOST in trial.user_attrs:
        return True
    try:
        return Holder(**trial.user_attrs[HOLDER]).is_dead()
    except (KeyError, TypeError):
        return False
