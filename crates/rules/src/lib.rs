//! Rules files into rules.
//!
//! [`Ruleset::load`] reads YAML files of rules, macros and lists, merges them as Falco does, checks
//! conditions and outputs against a [`lanner_filter::Scheme`], and yields a [`Ruleset`] together
//! with a [`LoadResult`] for each file: every fault with its place, and the texts and JSON that
//! Falco's users and tools know.
//!
//! May depend on `lanner-filter` and `lanner-diag` only: which fields there are is for the caller
//! to say.
#![forbid(unsafe_code)]

mod collect;
mod compile;
mod describe;
mod field;
mod files;
mod item;
mod lists;
mod priority;
mod read;
mod result;
mod ruleset;
mod schema;
#[cfg(test)]
mod tests;
mod version;

pub use describe::{EventNames, description_text};
pub use files::RulesFiles;
pub use priority::Priority;
pub use result::{Code, Context, ErrorCode, Item, LoadResult, Location, Problem, WarningCode};
pub use ruleset::{
    Append, ExtraField, LoadResults, Options, Rule, RuleId, Ruleset, Select, Switch,
    matches_pattern,
};
pub use schema::rule_schema;
pub use version::Version;
