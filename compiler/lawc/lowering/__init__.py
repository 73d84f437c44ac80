"""Checked knowledge into samplers, references, residuals and properties."""
