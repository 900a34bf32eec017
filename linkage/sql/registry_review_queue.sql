-- Pairs that wait for people: for review, and not in decided_pairs. band: the place of the probability in {{ bands }}, lower
-- ends; is_one_person: both records are one person already; through: a third record by which they are.

CREATE OR REPLACE TEMP TABLE review_queue AS
SELECT
    pairs.record_id_l,
    pairs.record_id_r,
    CASE
        WHEN l.program = r.program THEN 'within ' || l.program
        ELSE least(l.program, r.program) || ' and ' || greatest(l.program, r.program)
    END AS programs,
    pairs.match_key,
    pairs.match_probability,
    cl.entity_id = cr.entity_id AS is_one_person,
    CASE
        WHEN cl.entity_id = cr.entity_id
            THEN list_filter(entities.records, lambda one: one NOT IN (pairs.record_id_l, pairs.record_id_r))[1]
    END AS through,
    CASE
        {%- for least in bands %}
        WHEN pairs.match_probability >= {{ least }} THEN {{ loop.index0 }}
        {%- endfor %}
    END AS band
FROM linkage.pairs AS pairs
INNER JOIN registry.persons AS l ON pairs.record_id_l = l.record_id
INNER JOIN registry.persons AS r ON pairs.record_id_r = r.record_id
INNER JOIN linkage.clusters AS cl ON pairs.record_id_l = cl.record_id
INNER JOIN linkage.clusters AS cr ON pairs.record_id_r = cr.record_id
INNER JOIN (
    SELECT entity_id, list(record_id ORDER BY record_id) AS records FROM linkage.clusters GROUP BY entity_id
) AS entities ON cl.entity_id = entities.entity_id
ANTI JOIN decided_pairs AS decided
    ON least(pairs.record_id_l, pairs.record_id_r) = decided.l AND greatest(pairs.record_id_l, pairs.record_id_r) = decided.r
WHERE pairs.verdict = 'review';
