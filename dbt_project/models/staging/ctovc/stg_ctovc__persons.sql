with source as (
    select * from {{ mirrored('ctovc', 'MEMBERS') }}
),

households as (
    select household_id from {{ ref('stg_ctovc__households') }} where reject_reason is null
),

named as (
    select
        {{ clean_text('HH_NO') }} || '/' || {{ clean_text('MEMBER_NO') }} as source_key,
        'ctovc:' || {{ clean_text('HH_NO') }} as household_id,
        {{ person_name('OTHER_NAMES') }} as other_names,
        {{ person_name('SURNAME') }} as family_name,
        {{ clean_text('DOB') }} as birth_date_given,
        {{ day_first_to_iso('DOB') }} as birth_date_iso,
        {{ clean_text('ID_NO') }} as national_id_given,
        *
    from source
),

split as (
    -- OTHER_NAMES holds the given name, then the middle name if there is one.
    select
        *,
        split_part(other_names, ' ', 1) as given_name,
        nullif(trim(substr(other_names, length(split_part(other_names, ' ', 1)) + 1)), '') as middle_name
    from named
)

select
    'ctovc' as source,
    'CT-OVC' as program,
    split.source_key,
    {{ lineage('split') }},
    'ctovc:' || split.source_key as record_id,
    split.household_id,
    coalesce(cast(split.RELATION as varchar) = '1', false) as is_head,
    {{ code_list('split.RELATION', {
        '1': 'head', '2': 'spouse', '3': 'child', '4': 'grandchild', '5': 'parent', '6': 'sibling',
        '7': 'other_relative', '8': 'not_related'
    }) }} as relationship_to_head,
    {{ clean_text('split.RELATION') }} as relationship_to_head_given,
    {{ national_id('split.national_id_given') }} as national_id,
    split.national_id_given,
    {{ clean_text('split.BIRTH_CERT') }} as birth_certificate_no,
    split.given_name,
    split.middle_name,
    split.family_name,
    nullif(concat_ws(' ', split.given_name, split.middle_name, split.family_name), '') as full_name,
    {{ birth_date('split.birth_date_iso') }} as birth_date,
    {{ date_precision('split.birth_date_iso') }} as birth_date_precision,
    split.birth_date_given,
    {{ code_list('split.SEX', {'male': 'M', 'female': 'F', 'm': 'M', 'f': 'F'}) }} as sex,
    {{ clean_text('split.SEX') }} as sex_given,
    cast(null as varchar) as phone,
    cast(null as varchar) as phone_given,
    lower({{ clean_text('split.MARITAL') }}) as marital_status,
    {{ flag('split.DISABLED') }} as has_disability,
    {{ flag('split.ILL') }} as has_chronic_illness,
    {{ code_list('split.ORPHAN', {'0': 'none', '1': 'single', '2': 'single', '3': 'double'}) }} as orphanhood,
    {{ flag('split.SCHOOL') }} as is_attending_school,
    {{ clean_text('split.CLASS') }} as school_grade,
    {{ clean_text('split.OCCUPATION') }} as occupation,
    cast(null as timestamp) as updated_at,
    case
        when split.source_key is null then 'no_key'
        when households.household_id is null then 'household_missing'
        when coalesce(split.other_names, split.family_name, split.national_id_given) is null then 'no_name_and_no_id'
    end as reject_reason
from split
left join households on households.household_id = split.household_id
