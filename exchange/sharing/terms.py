"""The README that goes with an extract: what it is, what may be done with it, and until when."""

from exchange.sharing.record import Case
from exchange.sharing.request import Request
from exchange.sharing.table import ALL, NOT_KNOWN


def terms(case: Case, request: Request, number: int, rows: dict[str, int], smallest_cell: int) -> str:
    """The text, for the person who answers for the data."""
    agreement = case.approvals[-1].content["agreement"]
    basis = f"legal basis: {request.legal_basis}" if request.legal_basis else f"consent: {request.consent}"
    return "\n".join([
        f"Data of the integrated beneficiary registry: request {case.request_id}, extract {number}",
        "",
        f"Given to {request.organisation}, {request.person} ({request.contact}).",
        f"For: {request.purpose} ({request.purpose_kind.replace('_', ' ')}; {basis}).",
        f"Under the confidentiality agreement {agreement['reference']}.",
        "",
        "Files",
        *[f"- {mart}.csv and {mart}.parquet: the same {count:,} rows" for mart, count in rows.items()],
        "- manifest.json: the version of the data, and the SHA-256 of each file",
        "",
        *(_RECORDS if request.level == "records" else _table(smallest_cell)),
        "",
        "Terms",
        "- Use the data for the purpose above and for nothing else.",
        "- Give it to nobody whom the agreement does not name, and do not try to find out who anybody in it is.",
        "- Keep it encrypted, where only those who need it can open it.",
        f"- Publish no figure about fewer than {smallest_cell} people, nor any that gives such a one back.",
        "- Tell the secretariat at once if the data is lost, or somebody had it who should not.",
        f"- Dispose of every copy by {request.until}, and tell the secretariat in writing who did it, when and how.",
        "",
    ])


_RECORDS = [
    "About the rows",
    "- Identifiers are pseudonyms: the same person, household or record has the same one in all files of this request,",
    "  and another one in the data of anybody else.",
    "- Every row has a row_mark, and rows stand in the order of their marks. Marks and pseudonyms belong to this",
    "  extract alone: a copy that turns up elsewhere can be traced to it.",
    "- An apostrophe before =, +, - or @ in the CSV keeps spreadsheets from taking text for a formula.",
]


def _table(smallest_cell: int) -> list[str]:
    return [
        "About the table",
        f'- {ALL} stands for the total of a variable, {NOT_KNOWN} where it is empty. What is not listed is zero.',
        f"- is_suppressed: withheld, because fewer than {smallest_cell} people or households are behind the number, or",
        "  because it would give such a number back. Sums are withheld also in totals above such a cell.",
    ]
