{{ config(materialized='table') }}

-- A table, because the registry, its own tests, the rejections and the row accounting all read it: as a view the whole
-- register was parsed four times.
with source as (
    select * from {{ mirrored('iprs', 'person') }}
),

named as (
    select
        {{ clean_text('register_id') }} as source_key,
        {{ clean_text('id_number') }} as national_id_given,
        {{ person_name('first_name') }} as given_name,
        {{ person_name('other_names') }} as middle_name,
        {{ person_name('surname') }} as family_name,
        {{ clean_text('date_of_birth') }} as birth_date_given,
        *
    from source
)

select
    'iprs' as source,
    source_key,
    {{ lineage('named') }},
    source_key as register_id,
    {{ national_id('national_id_given') }} as national_id,
    national_id_given,
    given_name,
    middle_name,
    family_name,
    nullif(concat_ws(' ', given_name, middle_name, family_name), '') as full_name,
    {{ birth_date('birth_date_given') }} as birth_date,
    birth_date_given,
    {{ code_list('sex', {'m': 'M', 'f': 'F', 'male': 'M', 'female': 'F'}) }} as sex,
    {{ person_name('mother_name') }} as mother_name,
    -- The register writes today's ward codes, and counties by their number: no crosswalk is needed.
    {{ clean_text('ward_code') }} as area_code_given,
    'KE' || lpad({{ clean_text('county_code') }}, 3, '0') as county_code_given,
    coalesce({{ flag('is_deceased') }}, false) as is_deceased,
    {{ iso_date('date_of_death') }} as death_date,
    {{ iso_date('emigrated_on') }} as emigrated_date,
    {{ moment('updated_at') }} as updated_at,
    case
        when source_key is null then 'no_key'
        when coalesce(given_name, middle_name, family_name, national_id_given) is null then 'no_name_and_no_id'
    end as reject_reason
from named
