-- Households whose particulars have not been collected anew for longer than the rule allows. One row a household of a
-- program. A household without a date of its last interview could not be checked, and is listed as that.
with current_households as (
    select
        households.household_id, households.source, households.program, households.status, households.interview_date,
        households.area_code, households.county_code, rules.rule_code, rules.limit_value,
        cast(households.interview_date + to_months(rules.limit_value) as date) as due_date
    from {{ ref('int_households') }} as households
    inner join {{ ref('int_life_cycle_rules') }} as rules
        on rules.program = households.program and rules.rule = 'update_after_months'
    where households.status in ('active', 'suspended', 'standby')
)

select
    households.household_id,
    {{ uid_or_own('crosswalk.household_uid', 'households.household_id') }} as household_uid,
    households.source,
    households.program,
    households.status as household_status,
    case when households.interview_date is null then 'could_not_check' else 'due' end as verdict,
    households.interview_date as last_updated_date,
    households.due_date,
    cast(date_diff('day', households.due_date, {{ reporting_date() }}) as integer) as days_overdue,
    households.rule_code,
    households.area_code,
    households.county_code,
    {{ any_source_stale('sources.is_stale') }} as is_source_stale
from current_households as households
left join {{ source('linkage', 'households_crosswalk') }} as crosswalk on crosswalk.household_id = households.household_id
left join {{ source('ops', 'sources') }} as sources on sources.source = households.source
where households.interview_date is null or households.due_date <= {{ reporting_date() }}
