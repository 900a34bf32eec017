-- The pairs of review_queue with what is at stake, which programs are asked about them, and what people said here.
CREATE OR REPLACE TEMP TABLE review_cases AS
WITH asked AS (
    SELECT
        pairs.record_id_l,
        pairs.record_id_r,
        max((exceptions.latest_evidence ->> 'amount_at_stake')::DECIMAL(18, 2)) AS amount_at_stake,
        list(
            {'program': exceptions.program, 'exception_id': exceptions.exception_id, 'status': exceptions.status}
            ORDER BY exceptions.program, exceptions.exception_id
        ) AS asked
    FROM ops.exception_pairs AS pairs
    INNER JOIN ops.exceptions AS exceptions ON exceptions.basis = pairs.basis AND exceptions.is_found
    GROUP BY pairs.record_id_l, pairs.record_id_r
)

SELECT
    queue.* EXCLUDE (band),
    asked.amount_at_stake,
    asked.asked,
    answers.said,
    answers.said_by,
    answers.state,
    coalesce(
        answers.state = 'to_confirm'
        AND list_contains(list_transform(answers.said, lambda one: {{ person(one.decided_by) }}), {{ person($by) }}),
        false
    ) AS is_waiting_for_others,
    row_number() OVER (ORDER BY
        coalesce(answers.state = 'more_time', false), asked.amount_at_stake DESC NULLS LAST, queue.match_probability DESC,
        queue.record_id_l, queue.record_id_r
    ) AS place
FROM review_queue AS queue
LEFT JOIN asked
    ON asked.record_id_l = least(queue.record_id_l, queue.record_id_r)
    AND asked.record_id_r = greatest(queue.record_id_l, queue.record_id_r)
LEFT JOIN ops.review_answers AS answers
    ON answers.record_id_l = least(queue.record_id_l, queue.record_id_r)
    AND answers.record_id_r = greatest(queue.record_id_l, queue.record_id_r)
