with source as (
    select * from {{ mirrored('cfa', 'scope_household') }}
),

named as (
    select {{ clean_text('household_ref') }} as source_key, {{ area_key('pcode') }} as p_code, *
    from source
)

select
    'cfa' as source,
    'CFA' as program,
    source_key,
    {{ lineage('named') }},
    'cfa:' || source_key as household_id,
    'cfa' as area_system,
    -- A P-code holds its parents: country and county, then constituency, then ward.
    left(p_code, 5) as area_key_1,
    left(p_code, 8) as area_key_2,
    p_code as area_key_3,
    {{ clean_text('pcode') }} as area_given,
    {{ clean_text('village') }} as village,
    cast(null as varchar) as address,
    cast(null as varchar) as landmark,
    cast(null as double) as latitude,
    cast(null as varchar) as latitude_given,
    cast(null as double) as longitude,
    cast(null as varchar) as longitude_given,
    {{ phone_international('msisdn') }} as phone,
    {{ clean_text('msisdn') }} as phone_given,
    {{ iso_date('surveyed_at') }} as interview_date,
    {{ clean_text('surveyed_at') }} as interview_date_given,
    {{ clean_text('shelter_wall') }} as dwelling_wall,
    {{ clean_text('shelter_roof') }} as dwelling_roof,
    coalesce({{ flag('livestock') }}, try_cast(livestock as double) > 0) as owns_livestock,
    {{ amount('income_month') }} as monthly_income,
    {{ amount('spend_month') }} as monthly_expenditure,
    try_cast(meals as integer) as meals_a_day,
    {{ moment('modified_at') }} as updated_at,
    case when source_key is null then 'no_key' end as reject_reason
from named
