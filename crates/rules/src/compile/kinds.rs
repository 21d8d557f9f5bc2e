//! The kinds of record that a condition asks for by name, as Falco counts them: only comparisons
//! of the fields that select kinds count; everything else is taken to be able to hold and to fail.

use lanner_filter::{Ast, Check, Expr, KindSet, Literal, Op, OperandKind, Right, Scheme};

/// In which kinds a node can hold, and in which it can fail; `None` for all and all.
type Outcomes = Option<(KindSet, KindSet)>;

/// The kinds in which the condition can hold; `None` if it leaves out none.
pub(crate) fn selected(ast: &Ast, scheme: &Scheme) -> Option<KindSet> {
    let all = scheme.all_kinds();
    let mut found: Vec<Outcomes> = Vec::with_capacity(ast.nodes().len());
    for (_, node) in ast.nodes() {
        let unite = |sets: &mut dyn Iterator<Item = KindSet>| {
            sets.fold(KindSet::empty(), |a, b| a.union(&b))
        };
        let intersect = |sets: &mut dyn Iterator<Item = KindSet>| {
            sets.fold(all.clone(), |a, b| a.intersection(&b))
        };
        let outcome = match &node.expr {
            Expr::Check(check) => of_check(check, scheme, &all),
            Expr::Macro(_) => None,
            Expr::Not(id) => found[id.0 as usize]
                .clone()
                .map(|(holds, fails)| (fails, holds)),
            Expr::And(ids) | Expr::Or(ids) => {
                let children = || ids.iter().map(|id| &found[id.0 as usize]);
                let holds =
                    |o: &Outcomes| o.as_ref().map_or(all.clone(), |(holds, _)| holds.clone());
                let fails =
                    |o: &Outcomes| o.as_ref().map_or(all.clone(), |(_, fails)| fails.clone());
                match &node.expr {
                    _ if children().all(Option::is_none) => None,
                    Expr::And(_) => Some((
                        intersect(&mut children().map(holds)),
                        unite(&mut children().map(fails)),
                    )),
                    _ => Some((
                        unite(&mut children().map(holds)),
                        intersect(&mut children().map(fails)),
                    )),
                }
            }
        };
        found.push(outcome);
    }
    found.pop().flatten().map(|(holds, _)| holds)
}

fn of_check(check: &Check, scheme: &Scheme, all: &KindSet) -> Outcomes {
    let OperandKind::Field { name, .. } = &check.left.kind else {
        return None;
    };
    let field = scheme.by_name(name)?;
    let kinds = scheme.kind_fields.iter().find(|k| k.field == field)?;
    let of = |value: &Literal| {
        std::str::from_utf8(&value.text)
            .ok()
            .and_then(kinds.kinds_of)
            .unwrap_or(KindSet::empty())
    };
    let equal = match (check.op, &check.right) {
        (Op::Exists, _) => all.clone(),
        (Op::Eq | Op::Ne | Op::In, Right::Value(value)) => of(value),
        (Op::Eq | Op::Ne | Op::In, Right::List(values)) => values
            .iter()
            .map(of)
            .fold(KindSet::empty(), |a, b| a.union(&b)),
        _ => return None,
    };
    let other = all.difference(&equal);
    match check.op {
        Op::Ne => Some((other, equal)),
        _ => Some((equal, other)),
    }
}
