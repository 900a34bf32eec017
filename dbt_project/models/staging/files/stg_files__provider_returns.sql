select
    'psp' as source,
    lower({{ clean_text('source') }}) || ':' || {{ clean_text('reference') }} as payment_id,
    {{ clean_text('account_no') }} as account_no,
    {{ amount('amount') }} as amount,
    {{ code_list('result', {
        'paid': 'paid', 'failed': 'failed', 'returned': 'returned', 'unclaimed': 'unclaimed'
    }) }} as result,
    coalesce({{ iso_date('value_date') }}, {{ day_first_date('value_date') }}) as value_date,
    case when {{ clean_text('reference') }} is null then 'no_key' end as reject_reason
from {{ mirrored('psp', 'returns') }}
