"""Whether a service answers, for one ID that the register agreed to, or for nobody."""

from pathlib import Path

import duckdb

from expectations.mirror import readable
from ibr.config import Source
from ibr.errors import ContractBroken, SourceUnreachable
from ibr.lookup import ASKED
from pipelines.replication.lookup.service import Outcome, Reply, Service, Silent
from warehouse.connection import quoted


def try_service(code: str, source: Source, home: Path) -> str:
    """Ask for `lookup.check_id`, or, where there is none, only make a connection; says in words what was seen.

    Raises SourceUnreachable, and ContractBroken where the answer does not fit registry.yml.
    """
    assert source.lookup is not None
    service = Service(code, source, home)
    try:
        if source.lookup.check_id is None:
            service.reach()
            return "answers; nobody was asked for: an ID to try can be named as lookup.check_id"
        reply = service.ask(source.lookup.check_id)
    except Silent as silent:
        raise SourceUnreachable(f"source {code}: the service does not answer ({silent.reason})") from None
    finally:
        service.close()
    faults = [reply.reason] if reply.reason else _unreadable(source, reply)
    if faults:
        raise ContractBroken(
            f"source {code}: the answer for lookup.check_id does not fit lookup in registry.yml: {', '.join(faults)}"
        )
    return f"answers for lookup.check_id: {reply.outcome.replace('_', ' ')}"


def _unreadable(source: Source, reply: Reply) -> list[str]:
    """The columns of an answer that cannot be read as the types that registry.yml names."""
    if reply.outcome is not Outcome.FOUND or source.lookup is None:
        return []
    ((_, table),) = source.tables.items()
    faults = []
    for name, kind in table.columns.items():
        condition, place = readable(name, kind), source.lookup.answer[name]
        if condition is None or place == ASKED:
            continue
        query = f"SELECT ({condition}) IS FALSE FROM (SELECT ?::VARCHAR AS {quoted(name)})"
        if duckdb.execute(query, [reply.fields[place]]).fetchone() == (True,):
            faults.append(f"FIELD_UNREADABLE:{name}")
    return faults
