{{ config(alias='enrolments') }}

-- Enrolments of beneficiaries, with the person on whose row the money stands.
with received as (
    select
        enrolments.* exclude (beneficiary_record_id),
        programs.benefit_unit,
        -- Decided here, not in the join below: a join on anything but the key took 146 s for 100,000 enrolments.
        case when programs.benefit_unit = 'person' then enrolments.beneficiary_record_id end as beneficiary_record_id
    from {{ ref('int_enrolments_received') }} as enrolments
    left join {{ source('ops', 'programs') }} as programs on programs.program = enrolments.program
    where enrolments.reject_reason is null and enrolments.status in ({{ statuses_in_scope() }})
),

members as (
    -- Who is in the registry: whose record was moved to an applicant's household is not, and is told as missing.
    select record_id, household_id, is_head, birth_date
    from {{ ref('int_persons_received') }}
    where reject_reason is null and household_id in (select household_id from {{ ref('int_households') }})
),

heads as (
    -- A household without a head is led by its eldest member; of two heads the elder counts.
    select
        household_id,
        first(record_id order by is_head desc, birth_date nulls last, record_id) as head_record_id
    from members
    group by household_id
),

past as (
    {{ past_retention('enrolment') }}
)

select
    received.enrolment_id,
    received.source,
    received.source_table,
    received.loaded_run_id,
    received.loaded_at,
    received.program,
    received.household_id,
    received.benefit_unit,
    beneficiaries.record_id as beneficiary_record_id,
    caregivers.record_id as caregiver_record_id,
    -- Collecting for somebody is not receiving: a person benefit stands on the beneficiary's row.
    case received.benefit_unit
        when 'person' then coalesce(beneficiaries.record_id, caregivers.record_id, heads.head_record_id)
        else coalesce(caregivers.record_id, heads.head_record_id)
    end as recipient_record_id,
    received.status,
    received.applied_date,
    received.enrolled_date,
    -- Who is enrolled again in the same row keeps the day of the earlier exit there: it would end what is paid now.
    case when received.status = 'exited' then received.exit_date end as exit_date,
    received.exit_reason,
    {{ unless_past('received.account_no') }} as account_no,
    received.account_provider,
    received.updated_at
from received
left join members as beneficiaries on beneficiaries.record_id = received.beneficiary_record_id
left join members as caregivers on caregivers.record_id = received.caregiver_record_id
left join heads on heads.household_id = received.household_id
left join past on past.id = case when received.status = 'exited' then received.enrolment_id end
