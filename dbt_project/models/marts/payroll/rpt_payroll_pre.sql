-- What to settle before the next payroll: one row an enrolment and reason. Nothing is stopped here; a person decides.
-- Each check is a model of its own, int_payroll__<reason code>: it gives the enrolment, the person concerned, the money
-- (empty: what the next cycle would pay), the days and the evidence. The seed payroll_checks says which checks run.
{%- set reasons = [
    'deceased_still_paid', 'exited_still_paid', 'suspended_on_payroll', 'paid_not_enrolled', 'enrolled_not_on_payroll',
    'not_verified', 'could_not_check', 'duplicate_still_paid', 'paid_above_value', 'wrong_cycle_length', 'totals_differ',
    'conditionality_unmet', 'pension_found', 'shared_account', 'caregiver_several_households', 'invalid_national_id',
    'failed_three_in_a_row', 'never_collected'
] %}
{%- set told_elsewhere = ['not_verified', 'could_not_check', 'duplicate_still_paid'] %}
with found as (
    {%- for reason in reasons %}
    select '{{ reason }}' as reason_code, enrolment_id, record_id, amount_at_stake, first_date, last_date, evidence,
        {{ 'cast(null as json) as evidence_said' if reason in told_elsewhere else 'evidence_said' }}
    from {{ ref('int_payroll__' ~ reason) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

strays as (
    -- Who pays for an enrolment that is not in the registry.
    select
        paid_under as enrolment_id,
        any_value(source) as source,
        any_value(program) as program,
        any_value(household_id) as household_id
    from {{ ref('int_payments_not_enrolled') }}
    group by paid_under
)

select
    md5(found.enrolment_id || '|' || found.reason_code) as finding_id,
    found.enrolment_id,
    found.reason_code,
    checks.severity,
    -- Who does not answer to the register, and duplicates, go out with their own evidence.
    case
        when found.reason_code in ('not_verified', 'could_not_check') then 'verification'
        when found.reason_code = 'duplicate_still_paid' then 'duplicates'
        else 'payroll'
    end as decided_under,
    coalesce(enrolments.source, strays.source) as source,
    coalesce(enrolments.program, strays.program) as program,
    coalesce(enrolments.household_id, strays.household_id) as household_id,
    enrolments.household_uid,
    found.record_id,
    enrolments.person_uid,
    enrolments.status as enrolment_status,
    enrolments.area_code,
    enrolments.county_code,
    cast(coalesce(found.amount_at_stake, next_cycle.amount, 0) as decimal(18, 2)) as amount_at_stake,
    found.first_date,
    found.last_date,
    found.evidence,
    found.evidence_said,
    case
        when found.reason_code in ('deceased_still_paid', 'not_verified', 'could_not_check')
            then {{ any_source_stale('sources.is_stale', kinds=['mis', 'register']) }}
        when found.reason_code = 'pension_found'
            then {{ any_source_stale('sources.is_stale', kinds=['mis', 'register'], codes="'public_payroll'") }}
        when found.reason_code = 'conditionality_unmet' then {{ any_source_stale('sources.is_stale', codes="'school'") }}
        when found.reason_code in ('shared_account', 'caregiver_several_households', 'duplicate_still_paid')
            then {{ any_source_stale('sources.is_stale', kinds=['mis']) }}
        else {{ any_source_stale('sources.is_stale') }}
    end as is_source_stale
from found
left join {{ ref('fct_enrolments') }} as enrolments on enrolments.enrolment_id = found.enrolment_id
left join strays on strays.enrolment_id = found.enrolment_id
inner join {{ ref('int_payroll_checks') }} as checks
    on checks.reason_code = found.reason_code
    and checks.program is not distinct from coalesce(enrolments.program, strays.program)
left join {{ ref('int_next_cycle') }} as next_cycle on next_cycle.enrolment_id = found.enrolment_id
left join {{ source('ops', 'sources') }} as sources on sources.source = coalesce(enrolments.source, strays.source)
