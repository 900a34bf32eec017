{#- Why a payment line cannot be used, the first reason that applies; null when it can.
    An amount that is absent counts as nothing paid; one that cannot be read must not. Nor may one below nought, as a
    reversal is written: it would take money from the sums of a cycle that it was not paid in. -#}
{% macro payment_reject_reason(line, enrolment_found, due_given, paid_given, status='status') -%}
    case
        when {{ line }}.source_key is null then 'no_key'
        when {{ enrolment_found }} is null then 'enrolment_missing'
        when {{ line }}.period_start is null or {{ line }}.period_end is null then 'period_unreadable'
        when {{ line }}.period_end < {{ line }}.period_start then 'period_unreadable'
        when {{ line }}.amount_due is null and nullif(trim(cast({{ line }}.{{ due_given }} as varchar)), '') is not null
            then 'amount_unreadable'
        when {{ line }}.amount_paid is null and nullif(trim(cast({{ line }}.{{ paid_given }} as varchar)), '') is not null
            then 'amount_unreadable'
        when {{ line }}.amount_due < 0 or {{ line }}.amount_paid < 0 then 'amount_negative'
        when {{ line }}.{{ status }} is null then 'status_unknown'
    end
{%- endmacro %}

{#- The entities of a program system, and the values of each that may be set aside with their reason. -#}
{% macro values_checked() -%}
    {{ return({
        'households': {
            'phone': 'phone_malformed', 'interview_date': 'date_unreadable',
            'latitude': 'coordinate_unusable', 'longitude': 'coordinate_unusable'
        },
        'persons': {
            'national_id': 'national_id_malformed', 'birth_date': 'birth_date_unreadable', 'sex': 'sex_unknown',
            'phone': 'phone_malformed', 'relationship_to_head': 'relationship_unknown'
        },
        'enrolments': {
            'applied_date': 'date_unreadable', 'enrolled_date': 'date_unreadable', 'exit_date': 'date_unreadable'
        },
        'payments': {'paid_date': 'date_unreadable'},
        'grievances': {'received_date': 'date_unreadable', 'stage': 'stage_unknown'},
        'population': {'national_id': 'national_id_malformed', 'birth_date': 'birth_date_unreadable'}
    }) }}
{%- endmacro %}

{#- Rows refused, and values set aside, of one relation. -#}
{% macro rejections_of(relation, entity) -%}
    select
        source, '{{ entity }}' as table_name, source_key, reject_reason as reason_code,
        'row_rejected' as consequence, cast(null as varchar) as column_name, cast(null as varchar) as value_given
    from {{ relation }}
    where reject_reason is not null
    {%- for column, reason in values_checked()[entity].items() %}
    union all
    select
        source, '{{ entity }}', source_key, '{{ reason }}', 'value_set_aside', '{{ column }}', {{ column }}_given
    from {{ relation }}
    where {{ column }} is null and {{ column }}_given is not null
    {%- endfor %}
{%- endmacro %}
