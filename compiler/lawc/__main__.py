"""`python -m lawc` is the command `lawc`."""

from lawc.cli.app import main

if __name__ == "__main__":
    main()
