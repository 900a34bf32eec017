-- What became of single payment lines: not paid, still open after the period, or paid otherwise than scheduled.
select
    payment_id,
    status as reason_code,
    amount_due - amount_paid as amount_at_stake,
    case status
        when 'failed' then 'the credit failed'
        when 'returned' then 'the provider sent the money back'
        else 'paid out and not fetched'
    end || '; due ' || amount_due as evidence
from {{ ref('int_payroll_lines') }}
where status in ('failed', 'returned', 'unclaimed')
union all
-- What a later line has settled is no longer owed.
select payment_id, 'in_arrears', open_amount, 'still unpaid after the period; due ' || amount_due
from {{ ref('int_payroll_lines') }}
where open_amount > 0 and period_end < {{ reporting_date() }} and not is_settled
union all
select
    payment_id,
    case when amount_paid < amount_due then 'paid_short' else 'paid_over' end,
    abs(amount_paid - amount_due),
    'due ' || amount_due || ', paid ' || amount_paid
from {{ ref('int_payroll_lines') }}
where status = 'paid' and amount_paid <> amount_due and arrears_paid = 0
union all
-- Of several failures one after the other the last line carries the finding; likewise of money never fetched.
select last_payment_id, 'failed_three_in_a_row', amount_at_stake, evidence from {{ ref('int_payroll__failed_three_in_a_row') }}
union all
select last_payment_id, 'never_collected', amount_at_stake, evidence from {{ ref('int_payroll__never_collected') }}
