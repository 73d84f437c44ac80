"""Knowledge in the forms that other programs read: JSON both ways, linked data, drawings."""
