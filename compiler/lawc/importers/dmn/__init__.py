"""DMN decisions into rules."""
