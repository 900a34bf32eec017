-- Every pair a clerical sample can draw from, with what the linkage made of it (zone) and its stratum: pairs of one
-- person, compared or not; scored pairs of two persons; and the pairs left apart that the engine kept; without
-- decided_pairs.

CREATE OR REPLACE TEMP TABLE clerical_frame AS
WITH scored AS (
    SELECT
        least(record_id_l, record_id_r) AS l,
        greatest(record_id_l, record_id_r) AS r,
        max(match_probability) AS probability
    FROM linkage.pairs
    GROUP BY ALL
),

joined AS (
    SELECT
        a.record_id AS l,
        b.record_id AS r
    FROM linkage.clusters AS a
    INNER JOIN linkage.clusters AS b ON a.entity_id = b.entity_id AND a.record_id < b.record_id
),

zoned AS (
    SELECT
        joined.l,
        joined.r,
        'joined' AS zone,
        NULL AS stratum,
        scored.probability
    FROM joined
    LEFT JOIN scored ON joined.l = scored.l AND joined.r = scored.r
    UNION ALL
    SELECT
        scored.l,
        scored.r,
        'review' AS zone,
        NULL AS stratum,
        scored.probability
    FROM scored
    ANTI JOIN joined ON scored.l = joined.l AND scored.r = joined.r
    UNION ALL
    SELECT
        least(record_id_l, record_id_r) AS l,
        greatest(record_id_l, record_id_r) AS r,
        'apart' AS zone,
        stratum,
        match_probability AS probability
    FROM linkage.clerical_candidates
)

SELECT
    zoned.l AS record_id_l,
    zoned.r AS record_id_r,
    zoned.zone,
    coalesce(
        zoned.stratum,
        CASE
            {%- for stratum in strata %}
            WHEN zoned.zone = '{{ stratum.zone }}' AND coalesce(zoned.probability, 0) >= {{ stratum.least }} THEN '{{ stratum.name }}'
            {%- endfor %}
        END
    ) AS stratum,
    zoned.probability
FROM zoned
ANTI JOIN decided_pairs AS decided ON zoned.l = decided.l AND zoned.r = decided.r;
