SELECT payments.*
FROM registry.payments AS payments
INNER JOIN held_enrolments AS held ON held.enrolment_id = payments.enrolment_id
ORDER BY payments.period_start, payments.payment_id
