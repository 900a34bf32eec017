-- One round: a number and a group that are each other's greatest overlap belong together.
-- The order is one strict order of all edges, so rounds to the end are the greedy assignment, whatever the row order.

INSERT INTO {{ work }}.{{ kind }}_assigned
SELECT
    group_key,
    uid,
    false
FROM {{ work }}.{{ kind }}_edges
QUALIFY
    row_number() OVER (
        PARTITION BY group_key ORDER BY present_overlap DESC, overlap DESC, length(uid), uid, group_key
    ) = 1
    AND row_number() OVER (
        PARTITION BY uid ORDER BY present_overlap DESC, overlap DESC, length(uid), uid, group_key
    ) = 1;

CREATE OR REPLACE TABLE {{ work }}.{{ kind }}_edges AS
SELECT edges.*
FROM {{ work }}.{{ kind }}_edges AS edges
ANTI JOIN {{ work }}.{{ kind }}_assigned AS taken ON edges.group_key = taken.group_key
ANTI JOIN {{ work }}.{{ kind }}_assigned AS given ON edges.uid = given.uid;
