-- What binds linkage is what is in force now: answers corrected or contested since bind no more, and stay on record.
DELETE FROM linkage.decisions WHERE kind = 'exception';

INSERT INTO linkage.decisions
SELECT
    answers.decision_id, 'exception', pairs.record_id_l, pairs.record_id_r,
    if(answers.decision = 'same person', 'same', 'different'), answers.decided_by, answers.decided_on
FROM answers_now AS answers
INNER JOIN ops.exception_pairs AS pairs ON pairs.basis = answers.basis
WHERE answers.kind = 'duplicate' AND answers.state = 'in_force'
