"""What the service answers from beside the audiences' files, built with each publication: `lookup/`, in which persons
are looked up, and `review/`, the cases that wait for people."""

from pathlib import Path

from exchange.review.published import build_queue
from linkage.lookup import build_lookup
from linkage.registry.state import published_register, published_state
from warehouse.connection import connect, literal, quoted

FOLDER = "lookup"


def build_beside(warehouse_file: Path, temporary: Path, folder: Path) -> None:
    """Write both into a publication's folder."""
    build_index(warehouse_file, temporary, folder)
    build_queue(warehouse_file, temporary, folder)


def build_index(warehouse_file: Path, temporary: Path, folder: Path) -> None:
    """Write the index of a warehouse into `folder`/lookup; nothing where nothing was linked yet."""
    with connect(warehouse_file, read_only=True) as con:
        state, register = published_state(con), published_register(con)
    if state is None:
        return
    with connect(":memory:", temp_directory=temporary) as con:
        name = warehouse_file.stem
        con.execute(f"ATTACH {literal(str(warehouse_file))} AS {quoted(name)} (READ_ONLY)")
        build_lookup(con, name, state, register, folder / FOLDER)
