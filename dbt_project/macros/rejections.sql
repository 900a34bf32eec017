{#- Why a payment line cannot be used, the first reason that applies; null when it can.
    An amount that is absent counts as nothing paid; one that cannot be read must not. -#}
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
        when {{ line }}.{{ status }} is null then 'status_unknown'
    end
{%- endmacro %}
