-- An allowed overlap is no loss, and no pair weighs more than the lesser of its two amounts.
select * from ({{ pairs_of_both_levels(['match_id', 'verdict', 'amount_a', 'amount_b', 'money_at_stake']) }})
where money_at_stake > least(amount_a, amount_b) or (verdict = 'allowed' and money_at_stake <> 0)
