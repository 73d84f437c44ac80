"""Fit networks to laws: coordinates, exact conditions, rows, second-order steps."""
