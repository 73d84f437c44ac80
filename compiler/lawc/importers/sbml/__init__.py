"""SBML models into laws."""
