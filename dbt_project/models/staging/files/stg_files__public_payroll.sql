select
    'public_payroll' as source,
    {{ clean_text('payroll_no') }} as payroll_no,
    {{ national_id('national_id') }} as national_id,
    {{ clean_text('national_id') }} as national_id_given,
    {{ person_name('names') }} as full_name,
    {{ clean_text('employer') }} as employer,
    lower({{ clean_text('kind') }}) as kind,
    {{ amount('monthly_pay') }} as monthly_pay,
    {{ clean_text('month') }} as month_given,
    case when {{ clean_text('payroll_no') }} is null then 'no_key' end as reject_reason
from {{ mirrored('public_payroll', 'payroll') }}
