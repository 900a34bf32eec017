-- Who should leave a program, or be replaced in it, and has not: by the register's deaths and emigrations, and by the
-- program's rule on ages. One row an enrolment and reason. Nobody is removed by it: the program looks, and decides.
with enrolled as (
    select
        enrolments.*,
        -- Whose benefit it is, and who collects it for others.
        case when enrolments.benefit_unit = 'person' then enrolments.beneficiary_record_id end as entitled_record_id,
        case when enrolments.benefit_unit = 'person' then enrolments.caregiver_record_id else enrolments.recipient_record_id end as collector_record_id
    from {{ ref('fct_enrolments') }} as enrolments
    where enrolments.status in ('active', 'suspended')
),

members as (
    select * from {{ ref('int_household_members') }}
),

households as (
    select
        household_id,
        bool_and(is_deceased) as is_all_dead,
        -- Of a day that the register does not know nobody can say whether it was the last.
        case when bool_and(death_date is not null) then max(death_date) end as last_death_date,
        max(born_by) filter (where not is_deceased and emigrated_date is null) as youngest_born_by,
        arg_max(record_id, (born_by, record_id)) filter (
            where born_by is not null and not is_deceased and emigrated_date is null
        ) as youngest_record_id,
        -- Head, spouse and parents are not the children whom an age rule is about.
        count(*) filter (
            where born_by is null and not is_deceased
            and coalesce(relationship_to_head, 'unknown') not in ('head', 'spouse', 'parent')
        ) as members_of_unknown_age
    from members
    group by household_id
),

deaths as (
    select
        enrolled.enrolment_id, 'beneficiary_died' as reason_code, 'exit' as action, members.record_id,
        members.death_date as due_date, cast(null as varchar) as rule_code,
        coalesce(
            'died ' || members.death_date || ' in the register', 'the register says dead, on a day it does not know'
        ) as evidence, 'due' as verdict
    from enrolled
    inner join members on members.record_id = enrolled.entitled_record_id and members.is_deceased
    union all
    select
        enrolled.enrolment_id, 'all_members_died', 'exit', enrolled.recipient_record_id, households.last_death_date, null,
        'every member of the household has died' || coalesce(', the last ' || households.last_death_date, ''), 'due'
    from enrolled
    inner join households on households.household_id = enrolled.household_id and households.is_all_dead
    where enrolled.benefit_unit = 'household'
    union all
    -- The benefit goes on, and somebody else has to collect it.
    select
        enrolled.enrolment_id, 'collector_died', 'replace collector', members.record_id, members.death_date, null,
        coalesce(
            'who collects died ' || members.death_date || ' in the register',
            'the register says that who collects is dead, on a day it does not know'
        ), 'due'
    from enrolled
    inner join members on members.record_id = enrolled.collector_record_id and members.is_deceased
    left join households on households.household_id = enrolled.household_id
    where enrolled.collector_record_id is distinct from enrolled.entitled_record_id
        and not (enrolled.benefit_unit = 'household' and households.is_all_dead)
),

moves as (
    select
        enrolled.enrolment_id, 'beneficiary_emigrated' as reason_code, 'exit' as action, members.record_id,
        members.emigrated_date as due_date, cast(null as varchar) as rule_code,
        'emigrated ' || members.emigrated_date || ' in the register' as evidence, 'due' as verdict
    from enrolled
    inner join members on members.record_id = enrolled.entitled_record_id and members.emigrated_date is not null
    where not members.is_deceased
    union all
    select
        enrolled.enrolment_id, 'collector_emigrated', 'replace collector', members.record_id, members.emigrated_date, null,
        'who collects emigrated ' || members.emigrated_date || ' in the register', 'due'
    from enrolled
    inner join members on members.record_id = enrolled.collector_record_id and members.emigrated_date is not null
    where not members.is_deceased and enrolled.collector_record_id is distinct from enrolled.entitled_record_id
),

-- A household leaves when its youngest has reached the program's age. A member whose age nobody knows may be younger.
ages as (
    select
        enrolled.enrolment_id, 'aged_out' as reason_code, 'exit' as action, households.youngest_record_id as record_id,
        -- Who was never young enough should have left on the day of the enrolment.
        greatest(cast(households.youngest_born_by + to_years(rules.limit_value) as date), enrolled.enrolled_date) as due_date,
        rules.rule_code,
        case
            when households.members_of_unknown_age = 0
                then 'the youngest member was ' || {{ age_on('households.youngest_born_by', reporting_date()) }} || '; households leave at ' || rules.limit_value
            else 'the youngest member of known age was ' || {{ age_on('households.youngest_born_by', reporting_date()) }} || '; the age of '
                || households.members_of_unknown_age || ' more is not known'
        end as evidence,
        case when households.members_of_unknown_age = 0 then 'due' else 'could_not_check' end as verdict
    from enrolled
    inner join {{ ref('int_life_cycle_rules') }} as rules
        on rules.program = enrolled.program and rules.rule = 'exit_when_youngest_reaches'
    inner join households on households.household_id = enrolled.household_id
    where households.youngest_born_by + to_years(rules.limit_value) <= {{ reporting_date() }}
),

found as (
    select * from deaths
    union all
    select * from moves
    union all
    select * from ages
)

select
    md5(found.enrolment_id || '|' || found.reason_code) as exit_id,
    found.enrolment_id,
    found.reason_code,
    found.action,
    found.verdict,
    found.due_date,
    cast(date_diff('day', found.due_date, {{ reporting_date() }}) as integer) as days_overdue,
    found.rule_code,
    enrolled.source,
    enrolled.program,
    enrolled.household_id,
    enrolled.household_uid,
    found.record_id,
    enrolled.person_uid,
    enrolled.status as enrolment_status,
    enrolled.is_still_paid,
    enrolled.area_code,
    enrolled.county_code,
    found.evidence,
    case
        when found.reason_code = 'aged_out' then {{ any_source_stale('enrolled.is_source_stale') }}
        else {{ any_source_stale('enrolled.is_source_stale', kinds=['register']) }}
    end as is_source_stale
from found
inner join enrolled on enrolled.enrolment_id = found.enrolment_id
