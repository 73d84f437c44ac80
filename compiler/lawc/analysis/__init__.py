"""From documents to knowledge: every check an author's text has to pass."""
