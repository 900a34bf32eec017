"""What is answered, for the OpenAPI document: acknowledgements, errors, and the envelopes of answers."""

from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel

from exchange.spdci.codes import Error, HeaderReason, SearchReason, Status

Message = TypeVar("Message")


class ErrorTold(BaseModel):
    """A code of the standard, and words."""

    code: Error
    message: str


class AckMessage(BaseModel):
    """`ACK`: taken, an answer follows; `NACK`: taken, none follows; `ERR`: not taken."""

    ack_status: Literal["ACK", "NACK", "ERR"]
    timestamp: str
    correlation_id: str
    error: ErrorTold | None = None


class Acknowledgement(BaseModel):
    """What an asynchronous message is answered with at once."""

    message: AckMessage


class NotTaken(Acknowledgement):
    """Why a message was not taken, in both shapes that the standard has for it."""

    errors: list[ErrorTold]


class AnswerHeader(BaseModel):
    """The header of an answer; `receiver_id` is who asked."""

    version: str
    message_id: str
    message_ts: str
    action: str
    status: Status
    status_reason_code: HeaderReason | None = None
    status_reason_message: str | None = None
    total_count: int | None = None
    completed_count: int | None = None
    sender_id: str | None = None
    receiver_id: str | None = None
    is_msg_encrypted: bool


class Answer(BaseModel, Generic[Message]):
    """An answer and its signature; `message` is missing where the header says why."""

    signature: str
    header: AnswerHeader
    message: Message | None = None


class PageTold(BaseModel):
    """Which page this is, and how many records there are."""

    page_size: int
    page_number: int
    total_count: int


class SearchData(BaseModel):
    """The records: a benefit each. `additional_attributes`: the answer in a word, as /verify has it, the population
    register's word, and the publication that both are from."""

    version: str
    reg_type: str
    reg_record_type: str
    reg_records: list[dict[str, Any]]
    additional_attributes: dict[str, Any]


class SearchAnswer(BaseModel):
    """The answer to one search. `rjct`: it could not be answered, which says nothing about the person."""

    reference_id: str
    timestamp: str
    status: Status
    status_reason_code: SearchReason | None = None
    status_reason_message: str | None = None
    data: SearchData | None = None
    pagination: PageTold | None = None
    locale: str | None = None


class SearchResponse(BaseModel):
    """The answers in the order in which was asked."""

    transaction_id: str
    correlation_id: str
    search_response: list[SearchAnswer]


class EnrolledAnswer(BaseModel):
    """Whether somebody is enrolled."""

    reference_id: str
    timestamp: str
    status: Status
    status_reason_message: str | None = None
    enrolled_status: Literal["yes", "no"]


class EnrolledResponse(BaseModel):
    """One answer; none where it could not be checked, and the header says why."""

    transaction_id: str
    correlation_id: str
    enrolled_response: list[EnrolledAnswer]


class UpdateAnswer(BaseModel):
    """`succ`: the registry has the benefit as announced; `pdng`: not yet; `rjct`: it cannot be told."""

    reference_id: str
    timestamp: str
    status: Status
    status_reason_message: str | None = None


class EnrollmentUpdatesResponse(BaseModel):
    """An answer a beneficiary."""

    transaction_id: str
    correlation_id: str
    enrolled_response: list[UpdateAnswer]


class TxnStatusTold(BaseModel):
    """The answer to an earlier message as it is now; its items are `pdng` until there is one."""

    txn_type: Literal["search", "subscribe", "receipt"]
    txn_status: dict[str, Any]


class TxnStatusResponse(BaseModel):
    """How far an earlier message is."""

    transaction_id: str
    correlation_id: str
    txnstatus_response: TxnStatusTold


class JsonWebKeys(BaseModel):
    """The public keys that messages of this registry are signed with (RFC 7517)."""

    keys: list[dict[str, str]]
