"""What a changed rule would mean in people and money: read from a publication, written nowhere.

What belongs here: what may be changed and how it is checked (`changes`), and what follows (`result`, `sql/`). Nothing
here decides about anybody, and every figure that comes out is marked as simulated.
"""

from simulation.changes import Change, as_counties, read_file
from simulation.result import Simulation, simulate

__all__ = ["Change", "Simulation", "as_counties", "read_file", "simulate"]
