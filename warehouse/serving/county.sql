-- Of a county's audience: rows of the login's own county alone.
GRANT USAGE ON SCHEMA ibr_serving TO {role};
GRANT EXECUTE ON FUNCTION ibr_serving.county() TO {role};
