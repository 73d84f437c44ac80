"""Laws to other formats, and the JSON form both ways."""
