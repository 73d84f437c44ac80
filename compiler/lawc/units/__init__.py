"""Dimensions and units: what a number measures, and by what factor."""
