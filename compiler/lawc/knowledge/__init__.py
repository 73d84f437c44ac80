"""Laws as known: checked, resolved, in SI; data only."""
