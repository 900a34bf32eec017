{{ config(alias='provider_returns') }}

-- What payment providers say became of each payment line.
select payment_id, account_no, amount, result, value_date
from {{ ref('stg_files__provider_returns') }}
where reject_reason is null
