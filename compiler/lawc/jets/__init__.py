"""Truncated Taylor arithmetic: a function and the partial derivatives of it, in one pass."""
