"""CellML models into laws."""
