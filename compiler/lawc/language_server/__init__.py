"""What an editor asks while a law is being written, answered over the Language Server Protocol."""
