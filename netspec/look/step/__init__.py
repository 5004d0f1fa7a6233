"""A training step as a lecture tells it: values, loss, gradients and updates, each number by its formula."""
