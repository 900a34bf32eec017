-- A condition of the program is not met: a child was absent from school more often than the program allows (threshold:
-- percent of the term's days). Of a benefit for one person only that person counts. Who is not on the school list was
-- not checked, and is not found here.
select
    enrolments.enrolment_id,
    arg_max(absences.record_id, (absences.absent_percent, absences.record_id)) as record_id,
    cast(null as decimal(18, 2)) as amount_at_stake,
    any_value(enrolments.first_paid_period_start) as first_date,
    any_value(enrolments.last_paid_period_end) as last_date,
    count(*) || ' children absent on more than ' || any_value(checks.threshold) || '% of days; the most absent: '
    || arg_max(absences.absence, (absences.absent_percent, absences.record_id)) as evidence,
    {%- set most_absent = 'arg_max(absences.{}, (absences.absent_percent, absences.record_id))' %}
    {{ evidence_said(
        "'conditionality_unmet'",
        {
            'children': 'count(*)', 'percent': 'any_value(checks.threshold)', 'absent': most_absent.format('days_absent'),
            'open': most_absent.format('days_open'), 'term': most_absent.format('term'), 'year': most_absent.format('school_year')
        }
    ) }} as evidence_said
from {{ ref('fct_enrolments') }} as enrolments
inner join {{ ref('int_payroll_checks') }} as checks
    on checks.reason_code = 'conditionality_unmet' and checks.program = enrolments.program
inner join {{ ref('int_school_absence') }} as absences
    on absences.household_id = enrolments.household_id
    and absences.absent_percent > checks.threshold
    and (enrolments.benefit_unit = 'household' or absences.record_id = enrolments.beneficiary_record_id)
where enrolments.status in ('active', 'suspended')
group by enrolments.enrolment_id
