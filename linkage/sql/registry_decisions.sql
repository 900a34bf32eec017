-- People's last word on each pair that is still here.

CREATE OR REPLACE TABLE {{ work }}.decisions AS
SELECT
    least(decisions.record_id_l, decisions.record_id_r) AS record_id_l,
    greatest(decisions.record_id_l, decisions.record_id_r) AS record_id_r,
    decisions.decision
FROM linkage.decisions AS decisions
SEMI JOIN {{ persons }} AS l ON decisions.record_id_l = l.record_id
SEMI JOIN {{ persons }} AS r ON decisions.record_id_r = r.record_id
WHERE decisions.decision IN ('same', 'different') AND decisions.record_id_l <> decisions.record_id_r
QUALIFY
    row_number() OVER (
        PARTITION BY least(decisions.record_id_l, decisions.record_id_r), greatest(decisions.record_id_l, decisions.record_id_r)
        ORDER BY decisions.decided_on DESC NULLS LAST, decisions.decision_id DESC
    ) = 1;
