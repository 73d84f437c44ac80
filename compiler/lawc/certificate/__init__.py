"""How far a module may be off its law, and how that was found out."""
