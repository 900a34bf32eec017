{{ config(alias='grievances') }}

-- Grievances of the registry's households.
select
    grievances.grievance_id,
    grievances.source,
    grievances.source_table,
    grievances.loaded_run_id,
    grievances.loaded_at,
    grievances.program,
    grievances.household_id,
    grievances.received_date,
    grievances.reason,
    grievances.stage,
    grievances.stage_date,
    grievances.action_taken,
    grievances.resolved_date
from {{ ref('int_grievances_received') }} as grievances
inner join {{ ref('int_households') }} as households on households.household_id = grievances.household_id
where grievances.reject_reason is null
