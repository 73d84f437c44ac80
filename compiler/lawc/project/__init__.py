"""Where things lie: the shelves of a project and of the library, locks, folders."""
