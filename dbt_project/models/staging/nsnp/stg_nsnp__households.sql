with source as (
    select * from {{ mirrored('nsnp', 'Household') }}
),

named as (
    select
        {{ clean_text('HhId') }} as source_key,
        {{ code_list('ProgrammeCode', {'op': 'OPCT', 'pd': 'PWSD-CT'}) }} as program,
        {{ clean_text('CountyCode') }} as county,
        {{ clean_text('ConstituencyName') }} as constituency,
        {{ clean_text('WardName') }} as ward,
        *
    from source
)

select
    'nsnp' as source,
    program,
    source_key,
    {{ lineage('named') }},
    'nsnp:' || source_key as household_id,
    'nsnp' as area_system,
    lower(county) as area_key_1,
    lower(constituency) as area_key_2,
    lower(ward) as area_key_3,
    concat_ws(' / ', county, constituency, ward) as area_given,
    {{ clean_text('Village') }} as village,
    {{ clean_text('Address') }} as address,
    {{ clean_text('Landmark') }} as landmark,
    {{ degrees('GpsLat', 90) }} as latitude,
    {{ clean_text('GpsLat') }} as latitude_given,
    {{ degrees('GpsLon', 180) }} as longitude,
    {{ clean_text('GpsLon') }} as longitude_given,
    {{ phone_international('Phone') }} as phone,
    {{ clean_text('Phone') }} as phone_given,
    {{ iso_date('InterviewDate') }} as interview_date,
    {{ clean_text('InterviewDate') }} as interview_date_given,
    {{ clean_text('WallMaterial') }} as dwelling_wall,
    {{ clean_text('RoofMaterial') }} as dwelling_roof,
    {{ flag('Livestock') }} as owns_livestock,
    {{ amount('MonthlyIncome') }} as monthly_income,
    {{ amount('MonthlyExpenditure') }} as monthly_expenditure,
    try_cast(MealsPerDay as integer) as meals_a_day,
    {{ moment('UpdatedAt') }} as updated_at,
    case
        when source_key is null then 'no_key'
        when program is null then 'program_unknown'
    end as reject_reason
from named
