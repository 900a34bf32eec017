with source as (
    select * from {{ mirrored('nsnp', 'Member') }}
),

households as (
    select household_id, program from {{ ref('stg_nsnp__households') }} where reject_reason is null
),

named as (
    select
        {{ clean_text('MemberId') }} as source_key,
        'nsnp:' || {{ clean_text('HhId') }} as household_id,
        {{ person_name('FirstName') }} as given_name,
        {{ person_name('MiddleName') }} as middle_name,
        {{ person_name('Surname') }} as family_name,
        {{ clean_text('DateOfBirth') }} as birth_date_given,
        {{ clean_text('NationalId') }} as national_id_given,
        *
    from source
)

select
    'nsnp' as source,
    households.program,
    named.source_key,
    {{ lineage('named') }},
    'nsnp:' || named.source_key as record_id,
    named.household_id,
    coalesce(lower(named.Relationship) = 'head', false) as is_head,
    {{ code_list('named.Relationship', {
        'head': 'head', 'spouse': 'spouse', 'wife': 'spouse', 'husband': 'spouse', 'child': 'child', 'son': 'child',
        'daughter': 'child', 'grandchild': 'grandchild', 'parent': 'parent', 'sibling': 'sibling',
        'other relative': 'other_relative', 'other_relative': 'other_relative', 'relative': 'other_relative',
        'not related': 'not_related', 'not_related': 'not_related', 'none': 'not_related'
    }) }} as relationship_to_head,
    {{ clean_text('named.Relationship') }} as relationship_to_head_given,
    {{ national_id('named.national_id_given') }} as national_id,
    named.national_id_given,
    {{ clean_text('named.BirthCertNo') }} as birth_certificate_no,
    named.given_name,
    named.middle_name,
    named.family_name,
    nullif(concat_ws(' ', named.given_name, named.middle_name, named.family_name), '') as full_name,
    {{ birth_date('named.birth_date_given') }} as birth_date,
    {{ date_precision('named.birth_date_given') }} as birth_date_precision,
    named.birth_date_given,
    {{ code_list('named.Sex', {'m': 'M', 'f': 'F'}) }} as sex,
    {{ clean_text('named.Sex') }} as sex_given,
    {{ phone_international('named.Phone') }} as phone,
    {{ clean_text('named.Phone') }} as phone_given,
    lower({{ clean_text('named.MaritalStatus') }}) as marital_status,
    {{ flag('named.Disability') }} as has_disability,
    {{ flag('named.ChronicIllness') }} as has_chronic_illness,
    {{ code_list('named.Orphanhood', {'none': 'none', 'single': 'single', 'double': 'double'}) }} as orphanhood,
    {{ flag('named.InSchool') }} as is_attending_school,
    {{ clean_text('named.Grade') }} as school_grade,
    {{ clean_text('named.Occupation') }} as occupation,
    {{ moment('named.UpdatedAt') }} as updated_at,
    case
        when named.source_key is null then 'no_key'
        when households.household_id is null then 'household_missing'
        when coalesce(named.given_name, named.middle_name, named.family_name, named.national_id_given) is null
            then 'no_name_and_no_id'
    end as reject_reason
from named
left join households on households.household_id = named.household_id
