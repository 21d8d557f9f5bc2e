//! Macros: parsed one by one, then put into each other.

use std::collections::HashMap;

use lanner_diag::TextRange;
use lanner_filter::{Ast, MacroError};

use crate::lists::Substituted;

/// How deep macros may refer to macros that are defined later.
const MAX_DEPTH: usize = 200;

/// How many nodes all macros together may have, so that macros of macros stay affordable.
const MAX_NODES: usize = 1 << 20;

/// A macro that can be put into conditions.
struct Ready {
    name: String,
    /// Without it, a fault of the macro is reported already.
    ast: Option<Ast>,
    /// Its own condition with lists.
    lists: Option<Substituted>,
    index: u32,
    used: bool,
}

/// The macros of all files, in the order in which they were first defined.
#[derive(Default)]
pub(crate) struct Macros {
    macros: Vec<Ready>,
    by_name: HashMap<String, usize>,
    nodes: usize,
}

/// Why macros cannot be put into a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// A macro has a fault that is reported already.
    Reported,
    /// The condition itself is at fault.
    Fault {
        message: String,
        range: TextRange,
        /// Which text that is in: see [`lanner_filter::Node::source`].
        source: u32,
        unknown: Option<Box<str>>,
    },
}

impl Macros {
    /// Adds a macro. Its nodes are marked with its number, counted from 1, as their source.
    pub(super) fn add(
        &mut self,
        name: &str,
        mut ast: Option<Ast>,
        lists: Option<Substituted>,
        index: u32,
    ) {
        if let Some(ast) = &mut ast {
            self.nodes += ast.nodes().len();
            ast.set_source(self.macros.len() as u32 + 1);
        }
        self.by_name.insert(name.to_owned(), self.macros.len());
        self.macros.push(Ready {
            name: name.to_owned(),
            ast,
            lists,
            index,
            used: false,
        });
    }

    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    pub(super) fn mark_used(&mut self, at: usize) {
        if let Some(used) = self.macros.get_mut(at) {
            used.used = true;
        }
    }

    /// For each macro, whether it is not what it was before.
    pub(super) fn changed_from(&self, previous: &Macros) -> Vec<bool> {
        let changed = |(at, now): (usize, &Ready)| match previous.macros.get(at) {
            Some(before) => now.ast.is_none() || now.ast != before.ast,
            None => true,
        };
        self.macros.iter().enumerate().map(changed).collect()
    }

    /// The condition of macro number `at` with lists.
    pub(super) fn lists(&self, at: usize) -> Option<&Substituted> {
        self.macros.get(at)?.lists.as_ref()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.macros.iter().map(|m| m.name.as_str())
    }

    /// The macros with their names, conditions, and whether something uses them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, Option<&Ast>, bool)> {
        self.macros
            .iter()
            .map(|m| (m.name.as_str(), m.ast.as_ref(), m.used))
    }

    /// Puts into macro number `at` those that were defined before `visibility`.
    pub(super) fn resolve_in(&mut self, at: usize, visibility: u32) -> Result<(), Refusal> {
        let Some(ast) = self.macros.get_mut(at).and_then(|m| m.ast.take()) else {
            return Ok(());
        };
        let before = ast.nodes().len();
        // It has to be visible to itself for a loop to be noticed.
        self.macros[at].ast = Some(ast.clone());
        let resolved = self.resolve(&ast, visibility);
        self.macros[at].ast = None;
        let resolved = resolved?;
        self.nodes += resolved.nodes().len() - before.min(resolved.nodes().len());
        if self.nodes > MAX_NODES {
            let range = ast.node(ast.root()).range;
            let message = format!(
                "macros have more than {MAX_NODES} parts when they are put into each other"
            );
            return Err(Refusal::Fault {
                message,
                range,
                source: at as u32 + 1,
                unknown: None,
            });
        }
        self.macros[at].ast = Some(resolved);
        Ok(())
    }

    /// The condition with the macros in it that were defined before `visibility`.
    pub(crate) fn resolve(&mut self, ast: &Ast, visibility: u32) -> Result<Ast, Refusal> {
        let mut used = Vec::new();
        let mut expanded = HashMap::new();
        let resolved = self.expand(ast, visibility, &mut Vec::new(), &mut expanded, &mut used)?;
        for at in used {
            self.macros[at].used = true;
        }
        Ok(resolved)
    }

    fn expand(
        &self,
        ast: &Ast,
        visibility: u32,
        path: &mut Vec<usize>,
        expanded: &mut HashMap<usize, Ast>,
        used: &mut Vec<usize>,
    ) -> Result<Ast, Refusal> {
        let source = ast.node(ast.root()).source;
        let mut reported = false;
        for (name, range) in ast.macros() {
            let fault = |message: String, unknown: Option<Box<str>>| {
                Err(Refusal::Fault {
                    message,
                    range,
                    source,
                    unknown,
                })
            };
            let visible = |at: &&usize| self.macros[**at].index < visibility;
            let Some(&at) = self.by_name.get(name).filter(visible) else {
                return fault(
                    format!("Undefined macro '{name}' used in filter."),
                    Some(name.into()),
                );
            };
            if path.contains(&at) {
                return fault(format!("reference loop in macro '{name}'"), None);
            }
            used.push(at);
            let Some(target) = &self.macros[at].ast else {
                reported = true;
                continue;
            };
            if target.macros().next().is_none() || expanded.contains_key(&at) {
                continue;
            }
            if path.len() >= MAX_DEPTH {
                let message = format!("macros refer to each other more than {MAX_DEPTH} deep");
                return fault(message, None);
            }
            path.push(at);
            let target = self.expand(target, visibility, path, expanded, used)?;
            path.pop();
            expanded.insert(at, target);
        }
        if reported {
            return Err(Refusal::Reported);
        }
        let lookup = |name: &str| {
            let at = self.by_name.get(name)?;
            expanded.get(at).or(self.macros[*at].ast.as_ref())
        };
        ast.resolve_macros(lookup).map_err(|error| {
            let range = match &error {
                MacroError::Undefined { range, .. } => *range,
                MacroError::TooLarge => ast.node(ast.root()).range,
            };
            Refusal::Fault {
                message: error.to_string(),
                range,
                source,
                unknown: None,
            }
        })
    }
}
