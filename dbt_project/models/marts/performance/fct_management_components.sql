-- The components of the management index, kept for every reporting date: building again on one date replaces its rows,
-- and a full refresh keeps those of the others, which no source could give back.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='reporting_date',
    on_schema_change='append_new_columns',
    full_refresh=false
) }}
with last_year as (
    select
        {{ reporting_date() }} as reporting_date,
        date_trunc('month', {{ reporting_date() }}) - interval 11 month as first_day
),

measured as (
    {%- for component, (part, whole) in {
        'completeness': ('values_filled', 'values_expected'),
        'validity': ('values_valid', 'values_given'),
        'timeliness': ('records_up_to_date', 'records'),
        'verification': ('records_verified', 'records_checked'),
        'linkage': ('records_settled', 'records')
    }.items() %}
    select program, county_code, '{{ component }}' as component, {{ part }} as numerator, {{ whole }} as denominator
    from {{ ref('rpt_quality_by_county') }}
    where group_by = 'all'
    union all
    {%- endfor %}
    select
        program, county_code, 'grievance_resolution',
        count(*) filter (where is_in_time), count(is_in_time)
    from {{ ref('fct_grievances') }}
    -- Resolved in the year, or waiting still.
    where coalesce(resolved_date, (select reporting_date from last_year)) >= (select first_day from last_year)
    group by program, county_code
    union all
    select
        program, county_code, 'payment_delivery',
        count(*) filter (where status = 'paid'), count(*) filter (where status <> 'scheduled')
    from {{ ref('fct_payments') }}
    where period_start >= (select first_day from last_year)
    group by program, county_code
),

with_all_programs as (
    select * from measured
    union all
    select 'all', county_code, component, sum(numerator), sum(denominator)
    from measured
    group by county_code, component
)

select
    last_year.reporting_date,
    (select value from {{ source('ops', 'parameters') }} where name = 'run_id') as run_id,
    with_all_programs.program,
    with_all_programs.county_code,
    components.component,
    components.weight,
    cast(coalesce(with_all_programs.numerator, 0) as bigint) as numerator,
    cast(coalesce(with_all_programs.denominator, 0) as bigint) as denominator,
    round(with_all_programs.numerator / nullif(with_all_programs.denominator, 0), 4) as share,
    {{ any_source_stale('programs.is_source_stale', kinds=['register']) }}
    or (with_all_programs.program = 'all' and {{ any_source_stale(kinds=['mis']) }}) as is_source_stale
from with_all_programs
cross join last_year
inner join {{ ref('management_components') }} as components on components.component = with_all_programs.component
left join {{ ref('dim_program') }} as programs on programs.program = with_all_programs.program
