//! YAML as people write it: a tree of nodes that know where they stand.
//!
//! [`load`] reads a file, [`parse`] turns text into one [`Node`] per document, and the typed
//! readers of [`Node`] (`to_bool`, `to_u64`…) accept what yaml-cpp accepts, because that is what
//! the files were written for. Positions count lines and columns (in bytes) from 0, as Falco's
//! messages do. Nothing here panics or hangs on any input: depth, aliases and file sizes are
//! bounded.
//!
//! What it does not do: merge keys (`<<` is an ordinary key), tags (kept as text only), writing.

mod file;
mod node;
mod parse;
mod relax;
#[cfg(test)]
mod tests;

pub use file::{LoadError, MAX_FILE, load};
pub use node::{Mark, Node, Value};
pub use parse::{MAX_ALIASED, MAX_DEPTH, MAX_NODES, ParseError, parse};
