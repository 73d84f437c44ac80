"""A decision for gradients: thresholds blurred by real widths."""
