{{ config(alias='school_attendance') }}

-- School attendance, one row a learner and term.
select upi, birth_certificate_no, full_name, school, school_year, term, days_open, days_absent
from {{ ref('stg_files__school_attendance') }}
where reject_reason is null
