with source as (
    select * from {{ mirrored('hsnp', 'household') }}
),

named as (
    select
        {{ clean_text('hh_id') }} as source_key,
        {{ clean_text('county') }} as area_1,
        {{ clean_text('sub_county') }} as area_2,
        {{ clean_text('location_name') }} as area_3,
        *
    from source
)

select
    'hsnp' as source,
    'HSNP' as program,
    source_key,
    {{ lineage('named') }},
    'hsnp:' || source_key as household_id,
    'hsnp' as area_system,
    lower(area_1) as area_key_1,
    lower(area_2) as area_key_2,
    lower(area_3) as area_key_3,
    concat_ws(' / ', area_1, area_2, area_3) as area_given,
    {{ clean_text('village') }} as village,
    cast(null as varchar) as address,
    cast(null as varchar) as landmark,
    {{ degrees('lat', 90) }} as latitude,
    {{ clean_text('lat') }} as latitude_given,
    {{ degrees('lon', 180) }} as longitude,
    {{ clean_text('lon') }} as longitude_given,
    {{ phone_international('phone') }} as phone,
    {{ clean_text('phone') }} as phone_given,
    {{ iso_date('interview_date') }} as interview_date,
    {{ clean_text('interview_date') }} as interview_date_given,
    {{ clean_text('wall') }} as dwelling_wall,
    {{ clean_text('roof') }} as dwelling_roof,
    try_cast(livestock_units as double) > 0 as owns_livestock,
    cast(null as decimal(18, 2)) as monthly_income,
    cast(null as decimal(18, 2)) as monthly_expenditure,
    cast(null as integer) as meals_a_day,
    cast(null as timestamp) as updated_at,
    case when source_key is null then 'no_key' end as reject_reason
from named
