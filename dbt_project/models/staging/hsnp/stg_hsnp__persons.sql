with source as (
    select * from {{ mirrored('hsnp', 'person') }}
),

households as (
    select household_id from {{ ref('stg_hsnp__households') }} where reject_reason is null
),

named as (
    select
        {{ clean_text('person_id') }} as source_key,
        'hsnp:' || {{ clean_text('hh_id') }} as household_id,
        {{ person_name('full_name') }} as whole_name,
        {{ clean_text('dob') }} as birth_date_given,
        {{ clean_text('id_number') }} as national_id_given,
        *
    from source
)

select
    'hsnp' as source,
    'HSNP' as program,
    named.source_key,
    {{ lineage('named') }},
    'hsnp:' || named.source_key as record_id,
    named.household_id,
    coalesce(upper(named.rel) = 'HEAD', false) as is_head,
    {{ code_list('named.rel', {
        'head': 'head', 'spouse': 'spouse', 'son/daughter': 'child', 'grandchild': 'grandchild', 'parent': 'parent',
        'sibling': 'sibling', 'relative': 'other_relative', 'none': 'not_related'
    }) }} as relationship_to_head,
    {{ clean_text('named.rel') }} as relationship_to_head_given,
    {{ national_id('named.national_id_given') }} as national_id,
    named.national_id_given,
    cast(null as varchar) as birth_certificate_no,
    cast(null as varchar) as given_name,
    cast(null as varchar) as middle_name,
    cast(null as varchar) as family_name,
    named.whole_name as full_name,
    {{ birth_date('named.birth_date_given') }} as birth_date,
    {{ date_precision('named.birth_date_given') }} as birth_date_precision,
    named.birth_date_given,
    {{ code_list('named.sex', {'1': 'M', '2': 'F'}) }} as sex,
    {{ clean_text('named.sex') }} as sex_given,
    cast(null as varchar) as phone,
    cast(null as varchar) as phone_given,
    cast(null as varchar) as marital_status,
    {{ flag('named.disabled') }} as has_disability,
    {{ flag('named.ill') }} as has_chronic_illness,
    {{ code_list('named.orphan', {'0': 'none', '1': 'single', '2': 'double'}) }} as orphanhood,
    {{ flag('named.in_school') }} as is_attending_school,
    cast(null as varchar) as school_grade,
    {{ clean_text('named.occupation') }} as occupation,
    cast(null as timestamp) as updated_at,
    case
        when named.source_key is null then 'no_key'
        when households.household_id is null then 'household_missing'
        when coalesce(named.whole_name, named.national_id_given) is null then 'no_name_and_no_id'
    end as reject_reason
from named
left join households on households.household_id = named.household_id
