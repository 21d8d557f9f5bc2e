//! Users and groups, of the host and of containers.
