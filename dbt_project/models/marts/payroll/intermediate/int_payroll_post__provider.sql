-- Where the payroll and the provider's return do not say the same of a payment.
select
    payment_id,
    source,
    case
        when not is_on_payroll then 'paid_not_on_payroll'
        when not has_result then 'not_in_provider_return'
        when status is distinct from result then 'provider_result_differs'
        else 'provider_amount_differs'
    end as reason_code,
    case
        when not is_on_payroll then provider_amount
        when not has_result or status is distinct from result then greatest(amount_paid, coalesce(provider_amount, 0))
        else abs(amount_paid - provider_amount)
    end as amount_at_stake,
    case
        when not is_on_payroll then 'the provider paid ' || provider_amount || '; the payroll has no such line'
        when not has_result then 'the payroll says ' || status || ', paid ' || amount_paid || '; the provider''s return of the cycle does not name it'
        else 'the payroll says ' || status || ', paid ' || amount_paid || '; the provider says '
            || coalesce(result, 'something unreadable') || ', ' || provider_amount
    end as evidence
from {{ ref('int_payroll_beside_returns') }}
where
    case
        when not is_on_payroll then result = 'paid'
        -- A line that was not sent yet is in no return.
        when not has_result then has_return and status <> 'scheduled'
        else status is distinct from result or (status = 'paid' and amount_paid <> provider_amount)
    end
