"""What the standard's messages hold: shapes, bounds, and what each part means. What is not named here is let through:
the standard leaves room for a country's own."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from exchange.spdci.times import parsed

VERSION = "1.0.0"
MOST_REQUESTS = 1_000  # searches, subscriptions or beneficiaries in a message


def _is_time(text: str) -> str:
    parsed(text)
    return text


Id = Annotated[str, StringConstraints(min_length=1, max_length=99)]
Words = Annotated[str, StringConstraints(max_length=999)]
Time = Annotated[str, AfterValidator(_is_time), Field(json_schema_extra={"format": "date-time"})]
Locale = Annotated[str, StringConstraints(pattern="^[a-z]{3}$")]
QueryType = Literal["idtype-value", "expression", "predicate"]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True)

    @model_validator(mode="before")
    @classmethod
    def _empty_is_missing(cls, value: Any) -> Any:
        """The standard's own samples write "" for what may be left out."""
        if not isinstance(value, dict):
            return value
        return {
            name: one for name, one in value.items()
            if one != "" or name not in cls.model_fields or cls.model_fields[name].is_required()
        }  # fmt: skip


class AnyHeader(_Part):
    """What all headers have. `message_id` is used once; `message_ts` has a time zone."""

    version: str = VERSION
    message_id: Id
    message_ts: Time
    action: Id
    sender_id: Id | None = None
    receiver_id: Id | None = None
    total_count: Annotated[int, Field(ge=0)] | None = None
    is_msg_encrypted: bool = False
    meta: dict[str, Any] | None = None


class Header(AnyHeader):
    """The header of a request. `sender_uri`: where an asynchronous answer is wanted; `total_count`: of its requests."""

    sender_id: Id
    sender_uri: Annotated[str, StringConstraints(max_length=2_000)] | None = None
    total_count: Annotated[int, Field(ge=0)]


class CallbackHeader(AnyHeader):
    """The header of an answer, and of what is told without having been asked for."""

    status: Literal["rcvd", "pdng", "succ", "rjct"]
    status_reason_code: str | None = None
    status_reason_message: Words | None = None
    completed_count: int | None = None


class Named(_Part):
    """What every message has."""

    transaction_id: Id


class Pagination(_Part):
    """Which page of the records of a search; pages count from 1."""

    page_size: Annotated[int, Field(ge=1, lt=1 << 31)]
    page_number: Annotated[int, Field(ge=1, lt=1 << 31)] = 1


class Sort(_Part):
    """By which of `enrolment_date`, `enrolment_status` and `programme_identifier` records are sorted."""

    attribute_name: str
    sort_order: Literal["asc", "desc"] = "asc"


class SearchCriteria(_Part):
    """Whom a search is for. `authorize` or `consent`: their `purpose.text` says why, and stays in the audit trail."""

    version: str = VERSION
    reg_type: Id | None = None
    reg_record_type: Id | None = None
    query_type: QueryType
    query: dict[str, Any] | list[Any]
    sort: Annotated[list[Sort], Field(max_length=10)] | None = None
    pagination: Pagination | None = None
    consent: dict[str, Any] | None = None
    authorize: dict[str, Any] | None = None


class SearchItem(_Part):
    """One search of a message."""

    reference_id: Id
    timestamp: Time
    search_criteria: SearchCriteria
    pagination: Pagination | None = None
    locale: Locale | None = None


class SearchRequest(_Part):
    """Searches; each is answered for itself."""

    transaction_id: Id
    search_request: Annotated[list[SearchItem], Field(min_length=1, max_length=MOST_REQUESTS)]


class EnrolledCriteria(_Part):
    """Who is asked for, and in which programme; without a programme, in any."""

    query_type: QueryType | None = None
    response_entity: Id | None = None
    query: dict[str, Any] | list[Any]
    authorize: dict[str, Any] | None = None


class EnrolledRequest(_Part):
    """Whether one person is enrolled."""

    transaction_id: Id
    enrolled_criteria: EnrolledCriteria


class EnrolledUpdates(_Part):
    """Beneficiaries as the sender's programme has enrolled or changed them."""

    beneficiaries: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=MOST_REQUESTS)]


class EnrollmentUpdatesRequest(_Part):
    """What a programme's system announces."""

    transaction_id: Id
    enrolled_updates: EnrolledUpdates


class Frequency(_Part):
    """Between which times a subscription holds. How often is not the subscriber's: once a publication."""

    start_time: Time
    end_time: Time
    frequency: str


class SubscribeCriteria(_Part):
    """What is to be told of whom."""

    version: str = VERSION
    reg_type: Id | None = None
    reg_event_type: Id
    frequency: Frequency | None = None
    filter_type: QueryType | None = None
    filter: dict[str, Any] | list[Any]
    notify_record_type: Id
    authorize: dict[str, Any] | None = None


class SubscribeItem(_Part):
    """One subscription."""

    reference_id: Id
    timestamp: Time
    subscribe_criteria: SubscribeCriteria
    locale: Locale | None = None


class SubscribeRequest(_Part):
    """Subscriptions; each is answered for itself."""

    transaction_id: Id
    subscribe_request: Annotated[list[SubscribeItem], Field(min_length=1, max_length=MOST_REQUESTS)]


class UnSubscribeRequest(_Part):
    """Subscriptions to end, by the codes that they were given."""

    transaction_id: Id
    timestamp: Time
    subscription_codes: Annotated[list[Id], Field(min_length=1, max_length=MOST_REQUESTS)]


class TxnStatusQuery(_Part):
    """Which earlier message: by its transaction, the references in it, or the number that its acknowledgement gave."""

    reference_id: Id
    txn_type: Literal["search", "subscribe", "receipt"]
    attribute_type: Literal["transaction_id", "reference_id_list", "correlation_id"]
    attribute_value: Id | Annotated[list[Id], Field(min_length=1, max_length=MOST_REQUESTS)]
    locale: Locale | None = None


class TxnStatusRequest(_Part):
    """How far an earlier message is, and its answer."""

    transaction_id: Id
    txnstatus_request: TxnStatusQuery
