{{ config(alias='public_payroll') }}

-- Persons on the public payroll or with a pension; an ID number that cannot be read finds nobody.
select payroll_no, national_id, national_id_given, full_name, employer, kind, monthly_pay, month_given
from {{ ref('stg_files__public_payroll') }}
where reject_reason is null
