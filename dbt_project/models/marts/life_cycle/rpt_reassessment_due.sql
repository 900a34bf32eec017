-- Enrolments whose entitlement is to be assessed again by the program's rule: so many months after the enrolment, or
-- after the household was last interviewed if that was later. One row an enrolment; programs without a rule have none.
with assessed as (
    select
        enrolments.*,
        rules.rule_code,
        rules.limit_value,
        greatest(enrolments.enrolled_date, households.interview_date) as last_assessed_date
    from {{ ref('fct_enrolments') }} as enrolments
    inner join {{ ref('int_life_cycle_rules') }} as rules
        on rules.program = enrolments.program and rules.rule = 'reassess_after_months'
    left join {{ ref('int_households') }} as households on households.household_id = enrolments.household_id
    where enrolments.status in ('active', 'suspended')
),

dated as (
    select *, cast(last_assessed_date + to_months(limit_value) as date) as due_date
    from assessed
)

select
    enrolment_id,
    source,
    program,
    household_id,
    household_uid,
    person_uid,
    status as enrolment_status,
    case when due_date is null then 'could_not_check' else 'due' end as verdict,
    enrolled_date,
    last_assessed_date,
    due_date,
    cast(date_diff('day', due_date, {{ reporting_date() }}) as integer) as days_overdue,
    rule_code,
    is_still_paid,
    area_code,
    county_code,
    {{ any_source_stale('is_source_stale') }} as is_source_stale
from dated
where due_date is null or due_date <= {{ reporting_date() }}
