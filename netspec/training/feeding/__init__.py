"""The feeding of a step: examples in their order, decoded, augmented, batched."""
