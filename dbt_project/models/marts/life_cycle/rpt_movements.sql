-- Who came and who went: one row an entry into a program, or an exit from it. A change of program, and a place taken
-- over in a household, are an exit and an entry that belong together: each row names its counterpart. So entries and
-- exits add up to the enrolments' own dates, whatever they are called.
with enrolments as (
    select * from {{ ref('fct_enrolments') }} where status <> 'standby'
),

entries as (
    select * from enrolments where enrolled_date is not null
),

exits as (
    select * from enrolments where exit_date is not null
),

-- An exit and an entry of the same person, or of another of the household in the same program. Who merely collects for
-- a household has not come back with the next one that she collects for. Two joins, for an OR in one would compare all
-- exits with all entries; what both find is one row.
of_one_person_or_household as (
    select exits.enrolment_id as exit_enrolment_id, entries.enrolment_id as entry_enrolment_id
    from exits
    inner join entries on entries.person_uid = exits.person_uid
    where entries.enrolled_date >= exits.exit_date
        and coalesce(exits.is_recipient_of_household, true)
        and coalesce(entries.is_recipient_of_household, true)
    union
    select exits.enrolment_id, entries.enrolment_id
    from exits
    inner join entries on entries.household_uid = exits.household_uid and entries.program = exits.program
    where entries.enrolled_date >= exits.exit_date
),

-- Of these an entry within the days of the rule of the program entered.
followed as (
    select
        exits.enrolment_id as exit_enrolment_id,
        entries.enrolment_id as entry_enrolment_id,
        case
            when exits.person_uid <> entries.person_uid then 'replaced'
            when exits.program = entries.program then 're_entered'
            else 'changed_program'
        end as kind,
        date_diff('day', exits.exit_date, entries.enrolled_date) as days_between
    from of_one_person_or_household as pairs
    inner join exits on exits.enrolment_id = pairs.exit_enrolment_id
    inner join entries on entries.enrolment_id = pairs.entry_enrolment_id
    inner join {{ ref('int_life_cycle_rules') }} as rules
        on rules.program = entries.program
        and rules.rule = 'follows_within_days'
        and entries.enrolled_date <= exits.exit_date + to_days(rules.limit_value)
    where exits.enrolment_id <> entries.enrolment_id
),

-- Each exit has one entry at most, and each entry one exit: of several the nearest.
counterparts as (
    select *
    from followed
    qualify
        row_number() over (partition by exit_enrolment_id order by days_between, kind, entry_enrolment_id) = 1
        and row_number() over (partition by entry_enrolment_id order by days_between, kind, exit_enrolment_id) = 1
),

movements as (
    select
        'in' as direction, coalesce(counterparts.kind, 'entered') as movement, entries.enrolled_date as movement_date,
        cast(null as varchar) as exit_reason, entries.enrolment_id, counterparts.exit_enrolment_id as other_enrolment_id,
        counterparts.days_between
    from entries
    left join counterparts on counterparts.entry_enrolment_id = entries.enrolment_id
    union all
    select
        'out', coalesce(counterparts.kind, 'exited'), exits.exit_date, exits.exit_reason, exits.enrolment_id,
        counterparts.entry_enrolment_id, counterparts.days_between
    from exits
    left join counterparts on counterparts.exit_enrolment_id = exits.enrolment_id
)

select
    md5(movements.enrolment_id || '|' || movements.direction) as movement_id,
    movements.direction,
    movements.movement,
    movements.movement_date,
    cast(date_trunc('month', movements.movement_date) as date) as month_start,
    case when movements.direction = 'out' then own.program else other.program end as program_from,
    case when movements.direction = 'in' then own.program else other.program end as program_to,
    case when movements.direction = 'out' then own.person_uid else other.person_uid end as person_uid_from,
    case when movements.direction = 'in' then own.person_uid else other.person_uid end as person_uid_to,
    movements.exit_reason,
    cast(movements.days_between as integer) as days_between,
    movements.enrolment_id,
    movements.other_enrolment_id,
    own.source,
    own.program,
    own.person_uid,
    own.household_uid,
    own.area_code,
    own.county_code,
    own.is_source_stale or coalesce(other.is_source_stale, false) as is_source_stale
from movements
inner join enrolments as own on own.enrolment_id = movements.enrolment_id
left join enrolments as other on other.enrolment_id = movements.other_enrolment_id
