"""`ibr serve`: the service that programs' systems ask, with the pages for staff."""

import click

from ibr.cli.options import home_option
from ibr.workspace import Workspace


@click.command(epilog="Example: ibr serve --port 8440")
@home_option
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8440, show_default=True)
def serve(home: Workspace, host: str, port: int) -> None:
    """Answer programs' systems, and show staff their pages: is this person known, alive, already enrolled?

    Both come from the current publication; a new one is taken up while it runs. Other machines reach it through a
    proxy with TLS (docs/service.md).
    """
    from exchange.service.server import run

    run(home, host, port)
