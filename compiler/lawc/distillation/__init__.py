"""From what a law needs to the smallest form that holds its tolerance."""
