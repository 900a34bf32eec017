-- What binds linkage is what is in force now: answers corrected, contested or taken back since bind no more, and stay on
-- record. What programs say of a pair goes before what was said of it in the review queue.
DELETE FROM linkage.decisions WHERE kind IN ('exception', 'review');

INSERT INTO linkage.decisions
SELECT
    answers.decision_id, 'exception', pairs.record_id_l, pairs.record_id_r,
    if(answers.decision = 'same person', 'same', 'different'), answers.decided_by, answers.decided_on
FROM answers_now AS answers
INNER JOIN ops.exception_pairs AS pairs ON pairs.basis = answers.basis
WHERE answers.kind = 'duplicate' AND answers.state = 'in_force';

INSERT INTO linkage.decisions
SELECT
    answers.decision_id, 'review', answers.record_id_l, answers.record_id_r,
    if(answers.decision = 'same person', 'same', 'different'), answers.decided_by, answers.decided_on
FROM ops.review_answers AS answers
ANTI JOIN linkage.decisions AS decided
    ON decided.kind = 'exception'
    AND decided.record_id_l = answers.record_id_l
    AND decided.record_id_r = answers.record_id_r
WHERE answers.state = 'in_force'
