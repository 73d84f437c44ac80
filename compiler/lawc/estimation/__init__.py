"""Inverse problems: declared parameters found from observations, with their uncertainty."""
