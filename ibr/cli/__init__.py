"""The command line: one file a group of commands; heavy packages are imported by the command that needs them."""

from ibr.cli.main import main

__all__ = ["main"]
