with source as (
    select * from {{ mirrored('ctovc', 'HOUSEHOLDS') }}
),

named as (
    select
        {{ clean_text('HH_NO') }} as source_key,
        {{ clean_text('DISTRICT') }} as area_1,
        {{ clean_text('DIVISION') }} as area_2,
        {{ clean_text('LOCATION') }} as area_3,
        *
    from source
)

select
    'ctovc' as source,
    'CT-OVC' as program,
    source_key,
    {{ lineage('named') }},
    'ctovc:' || source_key as household_id,
    'ctovc' as area_system,
    lower(area_1) as area_key_1,
    lower(area_2) as area_key_2,
    lower(area_3) as area_key_3,
    concat_ws(' / ', area_1, area_2, area_3, {{ clean_text('SUB_LOCATION') }}) as area_given,
    {{ clean_text('VILLAGE') }} as village,
    cast(null as varchar) as address,
    cast(null as varchar) as landmark,
    cast(null as double) as latitude,
    cast(null as varchar) as latitude_given,
    cast(null as double) as longitude,
    cast(null as varchar) as longitude_given,
    {{ phone_international('PHONE') }} as phone,
    {{ clean_text('PHONE') }} as phone_given,
    {{ day_first_date('INTERVIEW_DATE') }} as interview_date,
    {{ clean_text('INTERVIEW_DATE') }} as interview_date_given,
    {{ clean_text('WALLS') }} as dwelling_wall,
    {{ clean_text('ROOF') }} as dwelling_roof,
    -- A count of cattle in some districts, yes or no in others.
    coalesce({{ flag('CATTLE') }}, try_cast(CATTLE as integer) > 0) as owns_livestock,
    {{ amount('INCOME') }} as monthly_income,
    {{ amount('SPENDING') }} as monthly_expenditure,
    try_cast(MEALS as integer) as meals_a_day,
    -- The source numbers its changes and does not date them.
    cast(null as timestamp) as updated_at,
    case when source_key is null then 'no_key' end as reject_reason
from named
