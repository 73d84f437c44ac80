"""`python -m lawc` is the command `lawc`."""

from lawc.cli.start import main

if __name__ == "__main__":
    main()
