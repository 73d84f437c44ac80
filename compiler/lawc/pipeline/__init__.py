"""Every pass in order: from files to checked knowledge, and from recipes to frozen modules."""
