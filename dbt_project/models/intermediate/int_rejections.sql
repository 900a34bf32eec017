{{ config(alias='rejections') }}

-- Every row refused and every value set aside, with its reason.
with found as (
    {%- for entity in ['households', 'persons', 'enrolments', 'payments', 'grievances'] %}
    {{ rejections_of(ref('int_' ~ entity ~ '_received'), entity) }}
    union all
    {%- endfor %}
    {%- for code in var('register_sources') %}
    {{ rejections_of(ref('stg_' ~ code ~ '__population'), 'population') }}
    union all
    {%- endfor %}
    -- Somebody named in an enrolment who is not among the members.
    select
        received.source, 'enrolments', received.source_key, 'beneficiary_missing', 'value_set_aside',
        'beneficiary_record_id', received.beneficiary_record_id
    from {{ ref('int_enrolments_received') }} as received
    inner join {{ ref('int_enrolments') }} as enrolments on enrolments.enrolment_id = received.enrolment_id
    where received.beneficiary_record_id is not null and enrolments.beneficiary_record_id is null
    union all
    select
        received.source, 'enrolments', received.source_key, 'caregiver_missing', 'value_set_aside',
        'caregiver_record_id', received.caregiver_record_id
    from {{ ref('int_enrolments_received') }} as received
    inner join {{ ref('int_enrolments') }} as enrolments on enrolments.enrolment_id = received.enrolment_id
    where received.caregiver_record_id is not null and enrolments.caregiver_record_id is null
    union all
    -- A day of exit of somebody who has not exited.
    select
        received.source, 'enrolments', received.source_key, 'not_exited', 'value_set_aside',
        'exit_date', received.exit_date_given
    from {{ ref('int_enrolments_received') }} as received
    inner join {{ ref('int_enrolments') }} as enrolments on enrolments.enrolment_id = received.enrolment_id
    where received.exit_date is not null and enrolments.exit_date is null
)

select
    md5(concat_ws(
        '|', source, table_name, coalesce(source_key, ''), reason_code, coalesce(column_name, ''),
        -- Rows without a key are told apart by a number.
        row_number() over (partition by source, table_name, source_key, reason_code, column_name order by value_given)
    )) as rejection_id,
    source,
    table_name,
    source_key,
    reason_code,
    consequence,
    column_name,
    value_given
from found
