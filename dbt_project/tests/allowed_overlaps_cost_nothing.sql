-- An allowed overlap is no loss, and no pair weighs more than the lesser of its two amounts.
select match_id from {{ ref('rpt_multiple_receipt') }}
where money_at_stake > least(amount_a, amount_b) or (verdict = 'allowed' and money_at_stake <> 0)
union all
select match_id from {{ ref('rpt_household_multiple_receipt') }}
where money_at_stake > least(amount_a, amount_b) or (verdict = 'allowed' and money_at_stake <> 0)
