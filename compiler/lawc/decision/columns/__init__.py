"""A decision for whole columns of cases, in numpy and torch."""
