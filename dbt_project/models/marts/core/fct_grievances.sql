-- One row a grievance.
select
    grievances.grievance_id,
    grievances.source,
    grievances.program,
    grievances.household_id,
    {{ uid_or_own('households_crosswalk.household_uid', 'grievances.household_id') }} as household_uid,
    grievances.received_date,
    grievances.reason,
    grievances.stage,
    grievances.stage_date,
    grievances.action_taken,
    grievances.resolved_date,
    cast(date_diff('day', grievances.received_date, coalesce(grievances.resolved_date, {{ reporting_date() }})) as integer) as days_open,
    households.area_code,
    households.county_code,
    coalesce(sources.is_stale, false) as is_source_stale,
    grievances.received_date as valid_from,
    grievances.resolved_date as valid_to
from {{ ref('int_grievances') }} as grievances
left join {{ ref('int_households') }} as households on households.household_id = grievances.household_id
left join {{ source('linkage', 'households_crosswalk') }} as households_crosswalk
    on households_crosswalk.household_id = grievances.household_id
left join {{ source('ops', 'sources') }} as sources on sources.source = grievances.source
