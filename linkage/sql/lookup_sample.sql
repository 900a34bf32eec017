-- Two persons by whom the service learns its statements: a record of a program, and somebody who is nowhere.
select
    lpad((row_number() over () - 1)::varchar, 10, '0') as record_id, source, national_id, null::varchar as birth_certificate_no,
    given_name, middle_name, family_name, full_name, birth_date, birth_date_precision, sex, null::varchar as phone,
    null::varchar as household_id, null::varchar as county_code, null::varchar as area_code
from (
    (select source, national_id, given_name, middle_name, family_name, full_name, birth_date, birth_date_precision, sex
    from first_persons order by national_id nulls last limit 1)
    union all
    select 'nowhere', '000', 'Nobody', null, 'Nowhere', 'Nobody Nowhere', date '1900-02-03', 'day', 'F'
)
