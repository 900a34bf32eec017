-- How grievances fare: by program, area, reason, stage and age, against the service standard.
with grievances as (
    select
        *,
        case
            when days_open is null then 'unknown'
            when days_open <= 7 then '0-7'
            when days_open <= 30 then '8-30'
            when days_open <= 60 then '31-60'
            when days_open <= 90 then '61-90'
            else '91+'
        end as age_band
    from {{ ref('fct_grievances') }}
)

select
    md5(concat_ws(
        '|', grievances.program, coalesce(grievances.county_code, '-'), coalesce(grievances.area_code, '-'),
        coalesce(grievances.reason_code, '-'), coalesce(grievances.stage, '-'), age_band
    )) as resolution_id,
    grievances.program,
    grievances.county_code,
    areas.county_name,
    grievances.area_code,
    areas.name as area_name,
    grievances.reason_code,
    grievances.stage,
    grievances.age_band,
    count(*) as grievances,
    count(*) filter (where grievances.stage = 'resolved') as resolved,
    count(*) filter (where grievances.stage is distinct from 'resolved') as still_open,
    count(*) filter (where grievances.is_in_time) as resolved_in_time,
    count(*) filter (where not grievances.is_in_time and grievances.stage = 'resolved') as resolved_late,
    count(*) filter (where not grievances.is_in_time and grievances.stage is distinct from 'resolved') as open_overdue,
    -- Of those whose time has run out or who have an answer.
    round(count(*) filter (where grievances.is_in_time) / nullif(count(grievances.is_in_time), 0), 4) as in_time_rate,
    round(avg(grievances.days_open) filter (where grievances.stage = 'resolved'), 1) as average_days_to_resolve,
    cast(max(grievances.days_open) filter (where grievances.stage is distinct from 'resolved') as integer) as longest_days_open,
    bool_or(grievances.is_source_stale) as is_source_stale
from grievances
left join {{ ref('dim_area') }} as areas on areas.area_code = grievances.area_code
group by grievances.program, grievances.county_code, areas.county_name, grievances.area_code, areas.name,
    grievances.reason_code, grievances.stage, grievances.age_band
