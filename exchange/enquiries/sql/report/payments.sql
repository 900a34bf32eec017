SELECT
    payments.payment_id, payments.program, payments.enrolment_id, payments.period_start, payments.period_end,
    payments.amount_due, payments.amount_paid, payments.status, payments.paid_date, payments.account_no
FROM registry.payments AS payments
INNER JOIN held_enrolments AS held ON held.enrolment_id = payments.enrolment_id
ORDER BY payments.period_start, payments.payment_id
