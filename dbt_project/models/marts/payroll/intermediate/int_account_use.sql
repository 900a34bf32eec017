-- How many current enrolments, and persons, are paid into an enrolment's account. Banks number their accounts alone: a
-- number is one account only at one provider, which programs write in large or small letters.
with current as (
    select enrolment_id, person_uid, account_no, lower(account_provider) as provider
    from {{ ref('fct_enrolments') }}
    where account_no is not null and status in ('active', 'suspended')
),

accounts as (
    select
        account_no,
        provider,
        count(*) as enrolments_on_account,
        count(distinct person_uid) as persons_on_account
    from current
    group by account_no, provider
)

select current.enrolment_id, accounts.enrolments_on_account, accounts.persons_on_account
from current
inner join accounts
    on accounts.account_no = current.account_no
    and accounts.provider is not distinct from current.provider
