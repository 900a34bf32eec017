"""Dagster's own messages go to a file a run, so that the console stays readable."""

import logging
from pathlib import Path

import dagster as dg

_FORMAT = logging.Formatter("%(asctime)s %(levelname)s %(message)s")


def file_logger(folder: Path) -> dg.LoggerDefinition:
    """A logger that appends to `<folder>/dagster-<run id>.log`."""

    @dg.logger
    def file(context: dg.InitLoggerContext) -> logging.Logger:
        logger = logging.Logger(f"dagster-{context.run_id}", level=logging.INFO)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handler = logging.FileHandler(folder / f"dagster-{context.run_id}.log", delay=True)
        handler.setFormatter(_FORMAT)
        logger.addHandler(handler)
        return logger

    return file
