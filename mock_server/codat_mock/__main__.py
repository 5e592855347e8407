"""`python -m codat_mock` is the command `codat-mock`."""

from codat_mock.cli.main import main

if __name__ == "__main__":
    main(prog_name="codat-mock")
