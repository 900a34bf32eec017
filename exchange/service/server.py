"""Running the service: one process, with a server that logs no address, no query and no body."""

import uvicorn

from exchange.pages.words import languages
from exchange.service.app import make_app
from ibr.errors import ConfigurationProblem
from ibr.workspace import Workspace

STOPS_WITHIN = 20  # seconds that what was begun has to end
# Longer than clients and proxies keep a connection that is not used (60 s, mostly): who sends on one that is just being
# closed gets no answer.
KEEPS_OPEN = 75  # seconds


def run(workspace: Workspace, host: str, port: int) -> None:
    """Serve until the process is told to stop. Raises ConfigurationProblem where registry.yml does not ask for it,
    or words of the pages are wrong."""
    if not workspace.registry.service.enabled:
        raise ConfigurationProblem(
            "registry.yml does not ask for the service; set service: {enabled: true}, and `ibr run` builds its index "
            "(`ibr publish` alone leaves the population register out until the next run)"
        )
    languages(workspace.home)  # mistakes in the workspace's own words are told before anything is served
    uvicorn.run(
        make_app(workspace.ensure()), host=host, port=port, access_log=False, log_level="warning",
        timeout_graceful_shutdown=STOPS_WITHIN, server_header=False, timeout_keep_alive=KEEPS_OPEN,
    )  # fmt: skip
