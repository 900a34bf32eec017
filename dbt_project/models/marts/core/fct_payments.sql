-- One row a payment line: the registry's, with the person and the household that linkage found.
select
    payments.payment_id,
    payments.source,
    payments.source_table,
    payments.loaded_run_id,
    payments.loaded_at,
    payments.program,
    payments.enrolment_id,
    payments.household_id,
    {{ uid_or_own('households_crosswalk.household_uid', 'payments.household_id') }} as household_uid,
    payments.recipient_record_id,
    {{ uid_or_own('persons_crosswalk.person_uid', 'coalesce(payments.recipient_record_id, payments.enrolment_id)') }} as person_uid,
    payments.cycle_id,
    payments.cycle_given,
    payments.period_start,
    payments.period_end,
    payments.amount_due,
    payments.amount_paid,
    payments.status,
    payments.paid_date,
    payments.account_no,
    households.area_code,
    households.county_code,
    coalesce(sources.is_stale, false) as is_source_stale,
    payments.period_start as valid_from,
    payments.period_end as valid_to
from {{ ref('int_payments') }} as payments
left join {{ ref('int_households') }} as households on households.household_id = payments.household_id
left join {{ source('linkage', 'persons_crosswalk') }} as persons_crosswalk
    on persons_crosswalk.record_id = payments.recipient_record_id
left join {{ source('linkage', 'households_crosswalk') }} as households_crosswalk
    on households_crosswalk.household_id = payments.household_id
left join {{ source('ops', 'sources') }} as sources on sources.source = payments.source
