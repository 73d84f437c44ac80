"""Laws of fields: their plan, conditions, residual, reference and exact parts."""
