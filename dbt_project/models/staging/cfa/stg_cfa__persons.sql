with source as (
    select * from {{ mirrored('cfa', 'scope_person') }}
),

households as (
    select household_id from {{ ref('stg_cfa__households') }} where reject_reason is null
),

named as (
    select
        {{ clean_text('person_ref') }} as source_key,
        'cfa:' || {{ clean_text('household_ref') }} as household_id,
        {{ person_name('given_name') }} as given,
        {{ person_name('middle_name') }} as middle,
        {{ person_name('family_name') }} as family,
        {{ clean_text('birth_date') }} as birth_date_given,
        -- One column holds every kind of document; id_type says which.
        case when upper(id_type) = 'NATIONAL_ID' then {{ clean_text('id_document') }} end as national_id_given,
        case when upper(id_type) = 'BIRTH_CERT' then {{ clean_text('id_document') }} end as birth_certificate_no,
        *
    from source
)

select
    'cfa' as source,
    'CFA' as program,
    named.source_key,
    {{ lineage('named') }},
    'cfa:' || named.source_key as record_id,
    named.household_id,
    coalesce(lower(named.relation) = 'head', false) as is_head,
    {{ code_list('named.relation', {
        'head': 'head', 'spouse': 'spouse', 'wife': 'spouse', 'husband': 'spouse', 'child': 'child', 'son': 'child',
        'daughter': 'child', 'son/daughter': 'child', 'grandchild': 'grandchild', 'parent': 'parent',
        'sibling': 'sibling', 'other relative': 'other_relative', 'other_relative': 'other_relative',
        'relative': 'other_relative', 'not related': 'not_related', 'not_related': 'not_related', 'none': 'not_related'
    }) }} as relationship_to_head,
    {{ clean_text('named.relation') }} as relationship_to_head_given,
    {{ national_id('named.national_id_given') }} as national_id,
    named.national_id_given,
    named.birth_certificate_no,
    named.given as given_name,
    named.middle as middle_name,
    named.family as family_name,
    nullif(concat_ws(' ', named.given, named.middle, named.family), '') as full_name,
    {{ birth_date('named.birth_date_given') }} as birth_date,
    {{ date_precision('named.birth_date_given') }} as birth_date_precision,
    named.birth_date_given,
    {{ code_list('named.gender', {'male': 'M', 'female': 'F'}) }} as sex,
    {{ clean_text('named.gender') }} as sex_given,
    {{ phone_international('named.msisdn') }} as phone,
    {{ clean_text('named.msisdn') }} as phone_given,
    cast(null as varchar) as marital_status,
    {{ flag('named.disability') }} as has_disability,
    {{ flag('named.chronic') }} as has_chronic_illness,
    {{ code_list('named.orphan', {'no': 'none', 'one': 'single', 'both': 'double'}) }} as orphanhood,
    {{ flag('named.schooling') }} as is_attending_school,
    cast(null as varchar) as school_grade,
    cast(null as varchar) as occupation,
    {{ moment('named.modified_at') }} as updated_at,
    case
        when named.source_key is null then 'no_key'
        when households.household_id is null then 'household_missing'
        when coalesce(named.given, named.middle, named.family, named.national_id_given) is null
            then 'no_name_and_no_id'
    end as reject_reason
from named
left join households on households.household_id = named.household_id
