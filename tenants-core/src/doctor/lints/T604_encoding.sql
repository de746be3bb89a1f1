SELECT
    quote_ident(current_database()) AS object,
    'its encoding is ' || current_setting('server_encoding') AS detail,
    NULL::text AS remedy
WHERE current_setting('server_encoding') <> 'UTF8'
