-- What the safety stop looks at.

CREATE OR REPLACE TABLE {{ work }}.figures AS
SELECT
    (SELECT count(*) FROM {{ work }}.clusters) AS records,
    (SELECT count(DISTINCT entity_id) FROM {{ work }}.clusters) AS persons,
    (SELECT count(*) FROM {{ work }}.pairs WHERE verdict = 'match') AS match_pairs,
    (SELECT count(*) FROM {{ work }}.pairs WHERE verdict = 'review') AS review_pairs,
    (SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM {{ work }}.clusters GROUP BY entity_id)) AS largest_cluster;
