//! The exceptions of rules.

use std::collections::HashMap;

use lanner_diag::yaml::Node;

use super::{Fault, Reader};
use crate::item::{Entry, Exception};
use crate::result::{Context, Item, WarningCode};

impl Reader<'_, '_> {
    /// The exceptions of a rule item. When they are appended, their fields may be left out.
    pub(super) fn exceptions(
        &mut self,
        item: &Node,
        rule: &Context,
        append: bool,
    ) -> Result<Vec<Exception>, Fault> {
        let mut exceptions: Vec<Exception> = Vec::new();
        let mut names: HashMap<&str, usize> = HashMap::new();
        let Some(list) = item.get("exceptions").filter(|e| !e.is_null()) else {
            return Ok(exceptions);
        };
        let context = rule.with(Item::Exceptions, "", list.mark);
        let Some(elements) = list.as_seq() else {
            return Err(self.fault("Rule exceptions must be a sequence", &context, list));
        };
        for element in elements {
            let unnamed = context.with(Item::Exception, "", element.mark);
            if !element.is_map() {
                return Err(self.fault("Rule exception must be a mapping", &unnamed, element));
            }
            let name = self.required_text(element, "name", &unnamed)?;
            let at = rule.with(Item::Exception, name, element.mark);
            let earlier = names.entry(name).or_insert(0);
            *earlier += 1;
            for _ in 1..(*earlier).min(10) {
                let message =
                    format!("Multiple definitions of exception '{name}' in the same rule");
                self.warn(WarningCode::ExceptionNameNotUnique, message, &at, element);
            }
            let exception = self.exception(element, name, &at, append)?;
            exceptions.push(exception);
        }
        Ok(exceptions)
    }

    fn exception(
        &mut self,
        element: &Node,
        name: &str,
        context: &Context,
        append: bool,
    ) -> Result<Exception, Fault> {
        let none = Entry::Item(String::new());
        let fields = match element.get("fields") {
            Some(fields) => self.entry(fields, "fields", context)?,
            None if append => none.clone(),
            None => return Err(self.missing(element, "fields", context)),
        };
        let comps = match element.get("comps") {
            Some(comps) => self.entry(comps, "comps", context)?,
            None => none,
        };
        let mut values = Vec::new();
        match element.get("values") {
            Some(list) => {
                let at = context.with(Item::ExceptionValues, "", list.mark);
                let Some(elements) = list.as_seq() else {
                    return Err(self.fault("Rule exception values must be a sequence", &at, list));
                };
                for value in elements {
                    let at = at.with(Item::ExceptionValue, "", value.mark);
                    values.push(self.entry(value, "", &at)?);
                }
            }
            None if append => {
                let message = "Overriding/appending exception with no values";
                self.warn(WarningCode::AppendNoValues, message, context, element);
            }
            None => {}
        }
        let place = self.head(element);
        Ok(Exception {
            name: name.to_owned(),
            fields,
            comps,
            values,
            place,
        })
    }
}
