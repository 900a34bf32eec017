"""PostgreSQL as a serving database: the publication that is current, for many officers at once, each in his own part.

What belongs here: loading a publication into a database, and who may read what there. What does not: what an audience
may have, which its file says already (warehouse/audiences), and when to load (pipelines).
"""

from warehouse.serving.loading import Served, check, load

__all__ = ["Served", "check", "load"]
