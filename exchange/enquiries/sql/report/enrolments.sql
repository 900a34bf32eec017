SELECT enrolments.*
FROM registry.enrolments AS enrolments
INNER JOIN held_enrolments AS held ON held.enrolment_id = enrolments.enrolment_id
ORDER BY enrolments.enrolled_date, enrolments.enrolment_id
