"""Rules at a date: from a checked rule to a program that answers columns."""
