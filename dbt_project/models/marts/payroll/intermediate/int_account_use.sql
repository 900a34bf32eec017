-- How many current enrolments, and persons, are paid into one account.
select
    account_no,
    count(*) as enrolments_on_account,
    count(distinct person_uid) as persons_on_account
from {{ ref('fct_enrolments') }}
where account_no is not null and status in ('active', 'suspended')
group by account_no
