-- One row an enrolment: the registry's, with the person and household that linkage found, and what it was paid.
with last_paid_cycles as (
    -- Of the cycles in which money moved: a payroll that is only scheduled says nothing of who is paid. Arrears of two
    -- cycles are common, so who was paid in one of the last two is still paid.
    select cycle_id
    from {{ ref('dim_payment_cycle') }}
    where cycles_back is not null and amount_paid > 0
    qualify row_number() over (partition by program order by cycles_back) <= 2
),

paid as (
    select
        payments.enrolment_id,
        min(payments.period_start) filter (where payments.amount_paid > 0) as first_paid_period_start,
        max(payments.period_end) filter (where payments.amount_paid > 0) as last_paid_period_end,
        max(payments.paid_date) filter (where payments.amount_paid > 0) as last_paid_date,
        sum(payments.amount_paid) as amount_paid,
        bool_or(payments.amount_paid > 0 and cycles.cycle_id is not null) as is_still_paid
    from {{ ref('int_payments') }} as payments
    left join last_paid_cycles as cycles on cycles.cycle_id = payments.cycle_id
    group by payments.enrolment_id
)

select
    enrolments.enrolment_id,
    enrolments.source,
    enrolments.source_table,
    enrolments.loaded_run_id,
    enrolments.loaded_at,
    enrolments.program,
    enrolments.household_id,
    {{ uid_or_own('households_crosswalk.household_uid', 'enrolments.household_id') }} as household_uid,
    enrolments.benefit_unit,
    enrolments.beneficiary_record_id,
    enrolments.caregiver_record_id,
    enrolments.recipient_record_id,
    {{ uid_or_own('persons_crosswalk.person_uid', 'coalesce(enrolments.recipient_record_id, enrolments.enrolment_id)') }} as person_uid,
    enrolments.status,
    enrolments.applied_date,
    enrolments.enrolled_date,
    enrolments.exit_date,
    enrolments.exit_reason,
    enrolments.account_no,
    enrolments.account_provider,
    -- A benefit of her own is hers. Else only who lives in this household is of it, for her relation to a head is that
    -- to her own; and there who is not related to the head, and draws no benefit, collects for others.
    enrolments.recipient_record_id is not distinct from enrolments.beneficiary_record_id
    or (
        recipients.household_id = enrolments.household_id
        and (recipients.is_beneficiary or coalesce(recipients.relationship_to_head <> 'not_related', true))
    ) as is_recipient_of_household,
    paid.first_paid_period_start,
    paid.last_paid_period_end,
    paid.last_paid_date,
    cast(coalesce(paid.amount_paid, 0) as decimal(18, 2)) as amount_paid,
    coalesce(paid.is_still_paid, false) as is_still_paid,
    households.area_code,
    households.county_code,
    coalesce(sources.is_stale, false) as is_source_stale,
    coalesce(enrolments.enrolled_date, enrolments.applied_date) as valid_from,
    -- Somebody exited on a day that nobody wrote down: by the last money, the benefit had not ended before.
    coalesce(
        enrolments.exit_date,
        case
            when enrolments.status = 'exited'
                then coalesce(paid.last_paid_period_end, enrolments.enrolled_date, enrolments.applied_date)
        end
    ) as valid_to
from {{ ref('int_enrolments') }} as enrolments
left join paid on paid.enrolment_id = enrolments.enrolment_id
left join {{ ref('int_households') }} as households on households.household_id = enrolments.household_id
left join {{ ref('int_persons') }} as recipients on recipients.record_id = enrolments.recipient_record_id
left join {{ source('linkage', 'persons_crosswalk') }} as persons_crosswalk
    on persons_crosswalk.record_id = enrolments.recipient_record_id
left join {{ source('linkage', 'households_crosswalk') }} as households_crosswalk
    on households_crosswalk.household_id = enrolments.household_id
left join {{ source('ops', 'sources') }} as sources on sources.source = enrolments.source
