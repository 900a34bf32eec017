"""Opening a DuckDB file in the one way this project opens it."""

from pathlib import Path

import duckdb
from duckdb_extensions import import_extension

from ibr.disk import damaged_file
from ibr.errors import ConfigurationProblem, UsageProblem, WarehouseBusy
from warehouse.encryption import is_encrypted, key_of
from warehouse.memory import budget_of

# Set on the instance rather than passed to duckdb.connect(): two connections of one process to one
# file must agree on their configuration, and DuckDB refuses the second one if they do not.
_ALWAYS = (
    # Timestamps mean the same on every server, whatever its locale.
    "SET GLOBAL TimeZone = 'UTC'",
    # Nothing relies on row order; keeping it costs memory on every large CREATE TABLE AS.
    "SET GLOBAL preserve_insertion_order = false",
    # A ministry's server is often offline, and code must not arrive over the network at run time.
    "SET GLOBAL autoinstall_known_extensions = false",
    "SET GLOBAL autoload_known_extensions = false",
)


def connect(
    path: Path | str,
    *,
    read_only: bool = False,
    memory_limit: str | None = None,
    threads: int | None = None,
    temp_directory: Path | str | None = None,
    key: str | None = None,
) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB file (or `:memory:`).

    `memory_limit` as DuckDB writes it (`8GB`), by default what the workspace allows a run that the file, or
    `temp_directory`, lies in; `threads` None lets DuckDB take all cores; `temp_directory` is where it spills, by
    default `tmp` beside the file; `key` that it is encrypted under, by default what its workspace says.
    Raises WarehouseBusy if another process writes to the file, UsageProblem if it is to be read
    and does not exist, ConfigurationProblem if it, or the log beside it, is damaged, or its key is not the right one.
    """
    if read_only and not Path(path).exists():
        raise UsageProblem(f"there is no {Path(path).name} in {Path(path).parent} yet; `ibr run` makes it")
    if str(path) != ":memory:":
        key = key or key_of(Path(path))
    try:
        # DuckDB opens an encrypted file only beside another. Connections to it share that one by its name, as they
        # share the file's own where it is not encrypted.
        if key:
            con = duckdb.connect(f":memory:{Path(path).absolute()}")
        else:
            con = duckdb.connect(str(path), read_only=read_only)
    except duckdb.Error as error:
        raise _told(error, Path(path)) from error
    if key:
        try:
            attach(con, Path(path), Path(path).stem, key=key, options="READ_ONLY" if read_only else "")
        except ConfigurationProblem:
            con.close()
            raise
        con.execute(f"USE {quoted(Path(path).stem)}")
    for statement in _ALWAYS:
        con.execute(statement)
    place = temp_directory if str(path) == ":memory:" else path
    con.execute("SET GLOBAL memory_limit = ?", [memory_limit or budget_of(Path(place) if place else None).alone])
    if threads is not None:
        con.execute("SET GLOBAL threads = ?", [threads])
    _spill_to(con, path, temp_directory)
    return con


def attach(
    con: duckdb.DuckDBPyConnection, file: Path, name: str, *, key: str | None = None, options: str = "READ_ONLY"
) -> None:
    """Attach a DuckDB file under a name, decrypted where it is encrypted; by default to read.

    `key`: by default what its workspace says, '' for none; `options`: further ones of ATTACH. Raises
    ConfigurationProblem where the key is missing or not the right one, or the file lies in the clear though it should
    not.
    """
    key = key_of(file) if key is None else key
    published = file.name != "warehouse.duckdb"
    if key and published and file.exists() and not is_encrypted(file):
        key = None  # published for everybody, or before this workspace was encrypted
    if key:
        load_extension(con, "httpfs")  # for its OpenSSL: DuckDB writes no encrypted file without
        con.execute("SET GLOBAL temp_file_encryption = true")
    chosen = ", ".join([option for option in (options, "ENCRYPTION_KEY ?" if key else "") if option])
    statement = f"ATTACH IF NOT EXISTS {literal(str(file))} AS {quoted(name)}{f' ({chosen})' if chosen else ''}"
    try:
        con.execute(statement, [key] if key else [])
    except duckdb.Error as error:
        raise _told(error, file) from error


def cursor(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Another connection to what `con` is connected to, in the same database."""
    other = con.cursor()
    row = con.execute("SELECT current_database()").fetchone()
    assert row is not None
    other.execute(f"USE {quoted(row[0])}")
    return other


def load_extension(con: duckdb.DuckDBPyConnection, name: str) -> None:
    """Load a DuckDB extension (`sqlite`, `postgres`, `mysql`, ...) from its installed wheel, never from the network.

    Raises ConfigurationProblem if no wheel carries it for this version of DuckDB.
    """
    try:
        # Copies the file to DuckDB's extension folder under its full name: loaded straight from the
        # wheel it is refused, because DuckDB looks for an entry point named after the file.
        import_extension(name, con=con)
        con.load_extension(name)
    except (ImportError, duckdb.IOException, duckdb.HTTPException) as error:
        raise ConfigurationProblem(
            f"no DuckDB extension {name} for version {duckdb.__version__}; "
            f"install duckdb-extension-{name}=={duckdb.__version__}"
        ) from error


def quoted(name: str) -> str:
    """A table or column name as an SQL identifier; names come from sources, so they may hold anything."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Text as an SQL string, for the few statements that take no parameters (ATTACH, COMMENT, COPY)."""
    return "'" + text.replace("'", "''") + "'"


def _told(error: duckdb.Error, path: Path) -> Exception:
    """Why a file cannot be opened, where there is something to do about it; else the error itself."""
    if "replaying WAL" in str(error):
        return ConfigurationProblem(
            f"{path.name} cannot be opened: {path.name}.wal beside it is damaged, or the log of another file. Keep a "
            f"copy of both, move {path.name}.wal away and run again: sources are then copied whole, and what that log "
            f"alone held is lost. If {path.name} does not open without it, restore a backup into a new folder and take "
            f"its {path.name} (docs/backup.md)"
        )
    if "Wrong encryption key" in str(error):
        return ConfigurationProblem(
            f"{path.name} is encrypted under another key than the one that registry.yml names (encryption.key); "
            "set the right one: nothing was changed"
        )
    if "without a key" in str(error):
        return ConfigurationProblem(
            f"{path.name} is encrypted, and registry.yml names no key; set encryption: {{key: ${{IBR_WAREHOUSE_KEY}}}}"
        )
    if "is not encrypted" in str(error):
        return ConfigurationProblem(
            f"{path.name} is not encrypted, and registry.yml says that it is to be; `ibr keys encrypt` does it"
        )
    if damaged := damaged_file(error, path):
        return damaged
    if isinstance(error, duckdb.IOException) and "Could not set lock" in str(error):
        return WarehouseBusy(
            f"{path.name} is open in another process, and DuckDB lets one process write at a time; "
            "wait for it to end, or close the program that has it open"
        )
    return error


def _spill_to(con: duckdb.DuckDBPyConnection, path: Path | str, temp_directory: Path | str | None) -> None:
    if temp_directory is None:
        if str(path) == ":memory:":
            return
        temp_directory = Path(path).parent / "tmp"
    in_force = con.execute("SELECT current_setting('temp_directory')").fetchone()
    # DuckDB refuses to move a spill folder that is in use, as on the second connection of a process.
    if in_force != (str(temp_directory),):
        con.execute("SET GLOBAL temp_directory = ?", [str(temp_directory)])
