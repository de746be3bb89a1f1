//! Examples of `tenants`; see `quickstart/` for the first one.
