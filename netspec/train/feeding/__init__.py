"""What feeds a step: examples in their order, decoded, augmented, batched."""
