-- Pairs that wait for people: for review, and not in decided_pairs. band: the place of the probability in {{ bands }}, lower
-- ends; is_one_person: both records are one person already; beside: the least of the other records of that person.

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
    (
        SELECT min(others.record_id) FROM linkage.clusters AS others
        WHERE others.entity_id = cl.entity_id AND cl.entity_id = cr.entity_id
            AND others.record_id NOT IN (pairs.record_id_l, pairs.record_id_r)
    ) AS beside,
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
ANTI JOIN decided_pairs AS decided
    ON least(pairs.record_id_l, pairs.record_id_r) = decided.l AND greatest(pairs.record_id_l, pairs.record_id_r) = decided.r
WHERE pairs.verdict = 'review';
