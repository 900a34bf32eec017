INSERT INTO ops.review_decisions BY NAME
SELECT
    -- In the order in which they were taken, also as text.
    printf('V%010d', (SELECT count(*) + 1 FROM ops.review_decisions)) AS decision_id,
    $left AS record_id_l, $right AS record_id_r, $decision AS decision, $comment AS comment, $by AS decided_by,
    $on::DATE AS decided_on, $at AS decided_at, $needs_second AS needs_second
