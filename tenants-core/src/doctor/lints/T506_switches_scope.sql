-- By the text of the function, so it also finds what only looks alike.
SELECT
    f.name AS object,
    coalesce('its SET clauses are ' || s.settings, 'its body sets a role or a tenant') AS detail,
    NULL::text AS remedy
FROM routine AS f
CROSS JOIN LATERAL (
    SELECT string_agg(c.setting, ', ') AS settings
    FROM unnest(f.proconfig) AS c (setting)
    WHERE c.setting ~* '^(role|session_authorization|row_security|tenants\..*)='
) AS s
WHERE s.settings IS NOT NULL
    OR coalesce(pg_get_function_sqlbody(f.oid), f.prosrc)
        ~* '\mset_config\M|\mset\s+(local\s+|session\s+)?(role|session\s+authorization|row_security|"?tenants"?\.)|\mreset\s+(role|all|session\s+authorization)\M'
ORDER BY 1
