-- How much of the last term on the school list each pupil of the registry was absent, found by birth certificate.
with last_terms as (
    select
        birth_certificate_no,
        school_year,
        term,
        days_absent,
        days_open,
        days_absent * 100.0 / days_open as absent_percent
    from {{ ref('int_school_attendance') }}
    where birth_certificate_no is not null and days_open > 0 and days_absent is not null
    qualify row_number() over (
        partition by birth_certificate_no order by school_year desc, term desc, days_absent * 1.0 / days_open desc, upi
    ) = 1
)

select
    persons.record_id,
    persons.household_id,
    last_terms.school_year,
    last_terms.term,
    last_terms.absent_percent,
    last_terms.days_absent,
    last_terms.days_open,
    last_terms.days_absent || ' of ' || last_terms.days_open || ' days absent in term ' || last_terms.term || ' of '
    || last_terms.school_year as absence
from {{ ref('int_persons') }} as persons
inner join last_terms on last_terms.birth_certificate_no = persons.birth_certificate_no
