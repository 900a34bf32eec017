-- Lines and amounts of enrolments, of who is not enrolled and of refused rows are those that the sources hold.
select * from {{ ref('rpt_payroll_reconciliation') }}
where not is_tied_to_source
