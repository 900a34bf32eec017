-- Records and households that linkage has not numbered are still counted, under a number of their own; say so.
{{ config(severity='warn') }}
select person_uid as uid from {{ ref('dim_person') }} where person_uid like 'unlinked:%'
union all
select household_uid from {{ ref('dim_household') }} where household_uid like 'unlinked:%'
