-- k-anonymity: how many are alike, counted in people (or households).
SELECT
    classes.kind,
    count(DISTINCT signatures.subject) AS people,
    count(DISTINCT classes.signature) AS classes,
    min(classes.people) AS smallest_class,
    count(DISTINCT signatures.subject) FILTER (WHERE classes.people = 1) AS unique_people,
    count(DISTINCT signatures.subject) FILTER (WHERE classes.people < $smallest_class) AS people_under
FROM sharing_classes AS classes
INNER JOIN sharing_signatures AS signatures
    ON signatures.kind = classes.kind AND signatures.signature = classes.signature
GROUP BY classes.kind
ORDER BY classes.kind
