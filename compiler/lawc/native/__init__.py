"""Calculations as C: tapes and generated sources, compiled where a compiler is present."""
