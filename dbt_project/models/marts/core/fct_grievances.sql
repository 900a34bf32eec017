-- One row a grievance, held against the service standard that was in force when it came in.
with grievances as (
    select
        *,
        lower(reason) as reason_code,
        date_diff('day', received_date, coalesce(resolved_date, {{ reporting_date() }})) as days_open
    from {{ ref('int_grievances') }}
),

standards as (
    -- A row for the reason comes before one for all reasons, then one for the program before one for all programs.
    select grievances.grievance_id, standards.days
    from grievances
    inner join {{ ref('grievance_standards') }} as standards
        on (standards.reason is null or lower(standards.reason) = grievances.reason_code)
        and (standards.program is null or standards.program = grievances.program)
        and standards.valid_from <= grievances.received_date
        and (standards.valid_to is null or standards.valid_to >= grievances.received_date)
    qualify row_number() over (
        partition by grievances.grievance_id
        order by standards.reason nulls last, standards.program nulls last, standards.valid_from desc, standards.standard_code
    ) = 1
)

select
    grievances.grievance_id,
    grievances.source,
    grievances.source_table,
    grievances.loaded_run_id,
    grievances.loaded_at,
    grievances.program,
    grievances.household_id,
    {{ uid_or_own('households_crosswalk.household_uid', 'grievances.household_id') }} as household_uid,
    grievances.received_date,
    grievances.reason,
    grievances.reason_code,
    grievances.stage,
    grievances.stage_date,
    grievances.action_taken,
    grievances.resolved_date,
    cast(grievances.days_open as integer) as days_open,
    standards.days as standard_days,
    -- An open one is judged when its days are over; a resolution on an unknown day is not judged.
    case
        when grievances.resolved_date is not null
            or (grievances.stage is distinct from 'resolved' and grievances.days_open > standards.days)
            then grievances.days_open <= standards.days
    end as is_in_time,
    households.area_code,
    households.county_code,
    coalesce(sources.is_stale, false) as is_source_stale,
    grievances.received_date as valid_from,
    grievances.resolved_date as valid_to
from grievances
left join standards on standards.grievance_id = grievances.grievance_id
left join {{ ref('int_households') }} as households on households.household_id = grievances.household_id
left join {{ source('linkage', 'households_crosswalk') }} as households_crosswalk
    on households_crosswalk.household_id = grievances.household_id
left join {{ source('ops', 'sources') }} as sources on sources.source = grievances.source
