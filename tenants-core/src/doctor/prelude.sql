-- What every lint starts from. A lint goes on with `SELECT`, or with a comma and CTEs of its own; what it
-- does not name is not evaluated. PUBLIC is role 0.
WITH RECURSIVE cfg AS (
    SELECT $1::text AS login, $2::text AS app, $3::text AS admin, $4::text AS admin_login
), named AS (
    -- Roles that are not there are NULL here.
    SELECT
        (SELECT r.oid FROM pg_roles AS r WHERE r.rolname = cfg.login) AS login,
        (SELECT r.oid FROM pg_roles AS r WHERE r.rolname = cfg.app) AS app,
        (SELECT r.oid FROM pg_roles AS r WHERE r.rolname = cfg.admin) AS admin,
        (SELECT r.oid FROM pg_roles AS r WHERE r.rolname = cfg.admin_login) AS admin_login
    FROM cfg
), membership AS NOT MATERIALIZED (
    -- From PostgreSQL 16 on, a membership may be there to be granted, and for nothing else. Before, the inner
    -- `set_option` and `inherit_option` are not columns of the table, so they are those of `always`.
    SELECT
        m.roleid, m.member, m.grantor, m.inherits,
        format('REVOKE %s FROM %s', m.roleid::regrole, m.member::regrole) || CASE
            WHEN current_setting('server_version_num')::integer < 160000 THEN ''
            -- Otherwise nothing is revoked but what whoever asks granted.
            ELSE ' GRANTED BY ' || m.grantor::regrole
        END AS revoke
    FROM (VALUES (true, true)) AS always (set_option, inherit_option)
    CROSS JOIN LATERAL (
        SELECT m.*, set_option AS becomes, inherit_option AS inherits FROM pg_auth_members AS m
    ) AS m
    WHERE m.becomes OR m.inherits
), reach AS (
    -- The login and every role that it may become, the runtime role and those of tenants among them.
    SELECT r.oid FROM pg_roles AS r JOIN named AS n ON r.oid IN (n.login, n.app)
    UNION
    SELECT m.roleid FROM reach AS r JOIN membership AS m ON m.member = r.oid
), grantee AS (
    SELECT r.oid, quote_ident(u.rolname) AS name FROM reach AS r JOIN pg_roles AS u ON u.oid = r.oid
    UNION ALL
    SELECT 0, 'PUBLIC'
), unbound AS NOT MATERIALIZED (
    -- Whom the policies of tenants do not bind, or to whom the policy for cross-tenant work applies.
    SELECT r.oid, quote_ident(r.rolname) AS name
    FROM pg_roles AS r
    CROSS JOIN named AS n
    WHERE r.rolsuper OR r.rolbypassrls OR coalesce(pg_has_role(r.oid, n.admin, 'USAGE'), false)
), relation AS NOT MATERIALIZED (
    SELECT c.*, n.nspname, format('%I.%I', n.nspname, c.relname) AS name
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
        AND n.nspname NOT IN ('pg_catalog', 'information_schema')
        AND n.nspname !~ '^pg_(toast|temp)'
), wanted AS (
    SELECT t.schema, t.name, t.tenant_column, t.tenant
    FROM ROWS FROM (
        unnest($5::text[]), unnest($6::text[]), unnest($7::text[]), unnest($8::text[])
    ) AS t (schema, name, tenant_column, tenant)
), registered AS (
    SELECT c.oid, w.tenant_column, w.tenant
    FROM wanted AS w
    JOIN relation AS c ON c.nspname = w.schema AND c.relname = w.name
    -- A sequence may have the name of a table that is not there.
    WHERE c.relkind <> 'S'
), tree AS (
    -- With their partitions and other children, at any depth.
    SELECT r.oid, r.oid AS root, r.tenant_column, r.tenant FROM registered AS r
    UNION
    SELECT i.inhrelid, t.root, t.tenant_column, t.tenant
    FROM tree AS t
    JOIN pg_inherits AS i ON i.inhparent = t.oid
    -- A child that is registered itself is looked at by its own name.
    WHERE i.inhrelid NOT IN (SELECT r.oid FROM registered AS r)
), protected AS (
    -- The tables that hold rows of tenants, each with its tenant column and the tenant that its policies
    -- compare with, as the server writes it.
    SELECT DISTINCT ON (c.oid)
        c.oid, c.name, c.relkind, c.relowner, c.relrowsecurity, c.relforcerowsecurity, c.relispartition,
        t.root, t.tenant_column, t.tenant, a.attnum, a.atttypid, a.attcollation, a.attnotnull,
        CASE
            WHEN t.tenant = 'tenants.current_tenant()' AND a.atttypid <> 'text'::regtype
            THEN format('(%I)::text', a.attname)
            ELSE quote_ident(a.attname)
        END AS compared
    FROM tree AS t
    JOIN relation AS c ON c.oid = t.oid
    LEFT JOIN pg_attribute AS a
        ON a.attrelid = c.oid AND a.attname = t.tenant_column AND a.attnum > 0 AND NOT a.attisdropped
    WHERE t.tenant_column IS NOT NULL
    ORDER BY c.oid, t.root
), around AS (
    -- Whoever reads a table reads what inherits from it, by the policies of the former alone.
    SELECT i.inhparent AS oid
    FROM protected AS p
    JOIN pg_inherits AS i ON i.inhrelid = p.oid
    UNION
    SELECT i.inhparent
    FROM around AS a
    JOIN pg_inherits AS i ON i.inhrelid = a.oid
), acl AS (
    -- All rights on relations and their columns of whoever serves requests, beside those of owners.
    SELECT
        c.oid, c.nspname, c.name, c.relkind, x.privilege_type, x.is_grantable, x.grantee AS grantee_oid,
        CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END AS grantee,
        concat(x.privilege_type, ' (' || quote_ident(x.column_name) || ')') AS right_name
    FROM relation AS c
    CROSS JOIN LATERAL (
        SELECT NULL::name AS column_name, t.* FROM aclexplode(c.relacl) AS t
        UNION ALL
        SELECT a.attname, t.*
        FROM pg_attribute AS a
        CROSS JOIN LATERAL aclexplode(a.attacl) AS t
        WHERE a.attrelid = c.oid AND a.attacl IS NOT NULL AND NOT a.attisdropped
    ) AS x
    WHERE x.grantee <> c.relowner
        AND (x.grantee = 0 OR x.grantee IN (SELECT r.oid FROM reach AS r))
), routine AS (
    -- Functions and procedures that whoever serves requests may call, apart from PostgreSQL's and ours.
    SELECT p.*, p.oid::regprocedure::text AS name
    FROM pg_proc AS p
    JOIN pg_namespace AS n ON n.oid = p.pronamespace
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'tenants')
        AND n.nspname !~ '^pg_temp'
        AND EXISTS (
            SELECT
            FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS x
            WHERE x.grantee = 0 OR x.grantee IN (SELECT r.oid FROM reach AS r)
        )
), reader AS (
    -- Views and materialized views that read rows of tenants, at any depth.
    SELECT r.ev_class AS oid
    FROM protected AS p
    JOIN pg_depend AS d
        ON d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = p.oid
    JOIN pg_rewrite AS r ON r.oid = d.objid AND r.rulename = '_RETURN'
    UNION
    SELECT r.ev_class
    FROM reader AS v
    JOIN pg_depend AS d
        ON d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = v.oid
    JOIN pg_rewrite AS r ON r.oid = d.objid AND r.rulename = '_RETURN' AND r.ev_class <> v.oid
), shown AS (
    -- Those of them that whoever serves requests reads, by a right of their own or through another one.
    SELECT v.oid
    FROM reader AS v
    WHERE v.oid IN (SELECT a.oid FROM acl AS a)
        OR v.oid IN (SELECT c.oid FROM pg_class AS c JOIN reach AS r ON r.oid = c.relowner)
    UNION
    SELECT d.refobjid
    FROM shown AS s
    JOIN pg_rewrite AS r ON r.ev_class = s.oid AND r.rulename = '_RETURN'
    JOIN pg_depend AS d
        ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
    WHERE d.refobjid IN (SELECT v.oid FROM reader AS v)
), proof AS NOT MATERIALIZED (
    -- Policies that ask for a signature: a policy depends on the functions that it calls.
    SELECT y.polrelid, y.polname, y.polpermissive
    FROM pg_policy AS y
    JOIN pg_depend AS d
        ON d.classid = 'pg_policy'::regclass AND d.objid = y.oid AND d.refclassid = 'pg_proc'::regclass
    WHERE d.refobjid = to_regprocedure('tenants.verified_tenant()')
)
