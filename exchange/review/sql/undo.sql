INSERT INTO ops.review_decisions BY NAME
SELECT
    printf('V%010d', (SELECT count(*) + 1 FROM ops.review_decisions)) AS decision_id,
    $left AS record_id_l, $right AS record_id_r, $by AS decided_by, $at AS decided_at, $withdraws AS withdraws
