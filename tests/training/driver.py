"""A loop as small as one can be, for what learns in each phase of a recipe; it can be saved and taken up anywhere."""

import torch
from torch.nn import functional as F

from netspec.training.steps.groups import Learners, set_rates


class Driver:
    """Trains a module on the same images by a recipe whose phases are resolved."""

    def __init__(self, module, recipe, images, labels, per_epoch=2):
        self.module, self.recipe, self.per_epoch = module, recipe, per_epoch
        self.batches = list(zip(images.chunk(per_epoch), labels.chunk(per_epoch), strict=True))
        self.plan = recipe.plan(per_epoch * recipe.step_size)
        self.learners = Learners(module, recipe.decay)
        self.step, self.index, self.optimizer = 0, None, None

    def enter(self):
        """Begin the phase of the step, where it is another."""
        index = self.plan.at(self.step)
        if index == self.index:
            return
        self.index = index
        self.optimizer = self.learners.optimizer(self.phase, self.recipe.optimizer, self.optimizer)

    @property
    def phase(self):
        return self.plan.phases[self.index]

    def run(self, until):
        """Train until so many steps are done."""
        while self.step < until:
            self.enter()
            self.module.train()
            self.learners.freeze(self.phase)
            set_rates(self.optimizer.param_groups, self.plan.rate(self.step))
            images, labels = self.batches[self.step % self.per_epoch]
            self.optimizer.zero_grad(set_to_none=True)
            F.cross_entropy(self.module(images), labels).backward()
            self.optimizer.step()
            self.step += 1
        return self

    def save(self, path):
        state = {"module": self.module.state_dict(), "optimizer": self.optimizer.state_dict(), "step": self.step}
        torch.save(state, path)

    def load(self, path):
        """Go on from what was saved: the optimizer is that of the last step's phase."""
        state = torch.load(path, weights_only=True)
        self.module.load_state_dict(state["module"])
        self.step = state["step"] - 1
        self.enter()
        self.optimizer.load_state_dict(state["optimizer"])
        self.step += 1
        return self


def copies(module):
    """Every tensor of a module, buffers included, by name."""
    return {name: tensor.detach().clone() for name, tensor in module.state_dict().items()}


def changed(before, after):
    """The names of the tensors that are not what they were, to the bit."""
    return {name for name in before if not torch.equal(before[name], after[name])}
