use super::*;
use crate::toy::{Owned, Toy, scheme};

fn record(scheme: &Scheme) -> Toy {
    let mut toy = Toy::default();
    let text = |t: &str| Owned::Str(t.into());
    toy.set(scheme, "proc.name", text("Cat"));
    toy.set(scheme, "evt.num", Owned::Uint(7));
    toy.set(
        scheme,
        "proc.args",
        Owned::Many(vec![text("-n"), text("x")]),
    );
    toy.set(scheme, "container.label", text("prod"));
    toy
}

fn check(text: &str, expect: &str) {
    let scheme = scheme();
    let arena = Bump::new();
    let got = match Template::parse(text, &scheme) {
        Ok(template) => {
            let mut out = Vec::new();
            let options = PrintOptions::default();
            template.render(&record(&scheme), options, &arena, &mut out);
            String::from_utf8(out).unwrap()
        }
        Err(error) => format!("{} at {}", error.message, error.offset),
    };
    assert_eq!(got, expect, "{text}");
}

#[test]
fn fields_are_replaced_by_their_values() {
    check("plain", "plain");
    check("n=%evt.num %proc.name", "n=7 Cat");
    check("%proc.name%evt.num", "Cat7");
    check("%evt.type (%proc.args)", "open ((-n,x))");
    check("%proc.args[1]!", "x!");
    check("%container.label[app]", "prod");
    check("%fd.name", "<NA>");
    check("%tolower(proc.name)", "cat");
    check("%len(proc.args) %len(proc.name)", "2 <NA>");
    check("%concat(proc.name, \"!\")", "Cat!");
    check("*%proc.name *", "Cat *");
}

#[test]
fn a_token_is_the_longest_name_and_the_rest_is_text() {
    check("%proc.name.", "Cat.");
    check("%proc.name.x", "Cat.x");
    check("%proc.namex", "Catx");
    check("%proc.name[1]", "Cat[1]");
    check("%proc.name\u{e4}", "Cat\u{e4}");
    check("%evt.num,%evt.num", "7,7");
}

#[test]
fn mistakes_read_as_in_the_original() {
    let unknown = "unknown filter: unexpected token after '";
    check("", "empty formatting token at 0");
    check(
        "100%",
        "invalid formatting syntax: formatting cannot end with a % at 3",
    );
    check("%% x", &format!("{unknown} at 0"));
    check("a % b", &format!("{unknown} at 2"));
    check("%12proc.name", &format!("{unknown} at 0"));
    check("%nosuch.field", &format!("{unknown} at 0"));
    check("%evt.arg", &format!("{unknown} at 0"));
    check("%toupper(evt.num)", &format!("{unknown} at 0"));
    check("%toupper(proc.name", &format!("{unknown} at 0"));
}

#[test]
fn what_is_wrong_in_truth_is_told_beside_it() {
    fn check(text: &str, expect: Option<&str>) {
        let error = Template::parse(text, &scheme()).unwrap_err();
        assert_eq!(error.help.as_deref(), expect, "{text}");
    }
    check(
        "%prc.name",
        Some("filter_check called with nonexistent field prc.name; did you mean `%proc.name`?"),
    );
    check("%-5x", None);
    check("%%", Some("widths and an escape for % are not supported"));
}

#[test]
fn json_holds_each_field_once_also_those_inside_transformers() {
    let scheme = scheme();
    let arena = Bump::new();
    let text = "%evt.num %toupper(proc.name) %evt.num %container.label[a=b] %proc.args[0] %fd.name";
    let template = Template::parse(text, &scheme).unwrap();
    let toy = record(&scheme);
    let values: Vec<_> = template
        .values(&toy, PrintOptions::default(), &arena)
        .collect();
    assert_eq!(
        values,
        [
            ("evt.num", Printed::Uint(7)),
            ("proc.name", Printed::Text(b"Cat")),
            ("container.label[\"a=b\"]", Printed::Text(b"prod")),
            ("proc.args[0]", Printed::Text(b"-n")),
            ("fd.name", Printed::Missing),
        ]
    );
}

proptest::proptest! {
    #[test]
    fn no_text_makes_a_template_panic(text in "[%a-z.\\[\\]()\", 1\u{e4}]{0,40}") {
        let _ = Template::parse(&text, &scheme());
    }
}
