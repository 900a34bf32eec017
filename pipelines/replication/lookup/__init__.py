"""A register behind a web service: asked for one person a call, within limits, and landed like any other source."""

from pipelines.replication.lookup.replicate import ask_and_land

__all__ = ["ask_and_land"]
