-- Rates of linkage and verification by group: the poorest lack IDs most often, and exclusion must show.
with records_in_review as (
    select record_id_l as record_id from {{ source('linkage', 'pairs') }} where verdict = 'review'
    union
    select record_id_r from {{ source('linkage', 'pairs') }} where verdict = 'review'
),

records as (
    select
        verification.*,
        count(*) over (partition by verification.person_uid) > 1 as is_linked,
        review.record_id is not null as is_in_review,
        coalesce(areas.name, 'unknown') as county_name
    from {{ ref('rpt_verification') }} as verification
    left join records_in_review as review on review.record_id = verification.record_id
    left join {{ ref('areas') }} as areas on areas.area_code = verification.county_code
),

-- The clerical sample read last: of the run it was drawn from, which may be an earlier one.
sample as (
    select
        max(run_id) as run_id,
        sum(estimate) filter (where measure = 'precision') as precision_estimate,
        sum(low) filter (where measure = 'precision') as precision_low,
        sum(high) filter (where measure = 'precision') as precision_high,
        sum(estimate) filter (where measure = 'recall') as recall_estimate,
        sum(low) filter (where measure = 'recall') as recall_low,
        sum(high) filter (where measure = 'recall') as recall_high
    from {{ source('linkage', 'clerical_estimates') }}
    where
        group_by = 'all' and counted = 'automatic'
        and read_number = (select max(read_number) from {{ source('linkage', 'clerical_estimates') }})
),

grouped as (
    select 'all' as group_by, 'all' as group_value, * from records
    union all
    select 'sex', coalesce(sex, 'unknown'), * from records
    union all
    select 'age_group', age_group, * from records
    union all
    select 'county', county_name, * from records
    union all
    select 'has_national_id', case when has_national_id then 'yes' else 'no' end, * from records
    union all
    select 'program', program, * from records
)

select
    group_by,
    group_value,
    count(*) as records,
    count(distinct person_uid) as persons,
    count(*) filter (where is_linked) as linked_records,
    count(*) filter (where is_in_review) as review_records,
    count(*) filter (where status = 'verified') as verified,
    count(*) filter (where status = 'found_by_match_key') as found_by_match_key,
    count(*) filter (where status = 'mismatch') as mismatch,
    count(*) filter (where status = 'deceased') as deceased,
    count(*) filter (where status = 'id_shared') as id_shared,
    count(*) filter (where status = 'not_found') as not_found,
    count(*) filter (where status = 'could_not_check') as could_not_check,
    round(count(*) filter (where is_linked) / count(*), 4) as linked_rate,
    round(count(*) filter (where is_in_review) / count(*), 4) as review_rate,
    -- Of the records that could be checked: an unanswered question says nothing of the person.
    round(
        count(*) filter (where status in ('verified', 'found_by_match_key'))
        / nullif(count(*) filter (where status <> 'could_not_check'), 0), 4
    ) as verified_rate,
    round(
        count(*) filter (where status = 'not_found') / nullif(count(*) filter (where status <> 'could_not_check'), 0), 4
    ) as not_found_rate,
    round(count(*) filter (where status = 'could_not_check') / count(*), 4) as could_not_check_rate,
    case when group_by = 'all' then any_value(sample.precision_estimate) end as estimated_precision,
    case when group_by = 'all' then any_value(sample.precision_low) end as estimated_precision_low,
    case when group_by = 'all' then any_value(sample.precision_high) end as estimated_precision_high,
    case when group_by = 'all' then any_value(sample.recall_estimate) end as estimated_recall,
    case when group_by = 'all' then any_value(sample.recall_low) end as estimated_recall_low,
    case when group_by = 'all' then any_value(sample.recall_high) end as estimated_recall_high,
    case when group_by = 'all' then any_value(sample.run_id) end as estimated_run_id,
    {{ any_source_stale(kinds=['mis', 'register']) }} as is_source_stale
from grouped
cross join sample
group by group_by, group_value
