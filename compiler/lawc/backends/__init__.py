"""The residual of a small network, evaluated in several ways behind one interface."""
