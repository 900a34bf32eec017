select
    'plan' as source,
    {{ clean_text('program') }} as program,
    -- Counties stand there by their number.
    'KE' || lpad(regexp_replace({{ clean_text('county_code') }}, '^KE', ''), 3, '0') as county_code_given,
    {{ clean_text('financial_year') }} as financial_year,
    try_cast(households_planned as integer) as households_planned,
    case when {{ clean_text('program') }} is null then 'no_key' end as reject_reason
from {{ mirrored('plan', 'expansion_plan') }}
