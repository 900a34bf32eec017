select
    'school' as source,
    {{ clean_text('upi') }} as upi,
    {{ clean_text('birth_cert') }} as birth_certificate_no,
    {{ person_name('learner') }} as full_name,
    {{ clean_text('school') }} as school,
    try_cast(year as integer) as school_year,
    try_cast(term as integer) as term,
    try_cast(days_open as integer) as days_open,
    try_cast(days_absent as integer) as days_absent,
    case when {{ clean_text('upi') }} is null then 'no_key' end as reject_reason
from {{ mirrored('school', 'attendance') }}
