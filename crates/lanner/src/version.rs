//! Versions: ours, and Falco's that we stand in for.

use serde_json::{Value, json};

/// Lanner's version.
pub(crate) const LANNER: &str = env!("CARGO_PKG_VERSION");
/// The version of Falco whose interface this is.
pub(crate) const FALCO: &str = "0.44.1";
/// The version of Falco's rules engine that rules files may require.
pub(crate) const ENGINE: &str = "0.62.0";
const LIBS: &str = "0.25.4";
const PLUGIN_API: &str = "3.12.0";
const DRIVER_API: &str = "10.1.0";
/// The version of the event schema.
pub(crate) const SCHEMA: &str = "4.5.1";
const DRIVER: &str = "10.2.0+driver";
/// The version of Falco's container plugin whose fields are built in.
pub(crate) const CONTAINER_PLUGIN: &str = "0.7.1";

/// What `--version` prints.
pub(crate) fn text() -> String {
    format!(
        "Falco version: {FALCO} (its interface, provided by Lanner {LANNER})\n\
         Libs version:  {LIBS}\n\
         Plugin API:    {PLUGIN_API}\n\
         Engine:        {ENGINE}\n\
         Driver:\n  \
         API version:    {DRIVER_API}\n  \
         Schema version: {SCHEMA}\n  \
         Default driver: {DRIVER}\n"
    )
}

/// What `--version` prints with `json_output`.
pub(crate) fn json() -> Value {
    json!({
        "default_driver_version": DRIVER,
        "driver_api_version": DRIVER_API,
        "driver_schema_version": SCHEMA,
        "engine_version": ENGINE.split('.').nth(1),
        "engine_version_semver": ENGINE,
        "falco_version": FALCO,
        "lanner_version": LANNER,
        "libs_version": LIBS,
        "plugin_api_version": PLUGIN_API,
        "plugin_versions": {"container": CONTAINER_PLUGIN},
    })
}
