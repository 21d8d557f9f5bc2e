use super::*;
use crate::parse;
use crate::toy::{KINDS, Owned, Toy, scheme};

fn compile(text: &str) -> Result<Condition, Vec<CompileError>> {
    Condition::compile(&parse(text).unwrap(), &scheme())
}

fn record(scheme: &Scheme) -> Toy {
    let text = |t: &str| Owned::Str(t.into());
    let ip = |t: &str| Owned::Ip(t.parse().unwrap());
    let mut toy = Toy::default();
    toy.set(scheme, "proc.name", text("cat"));
    toy.set(scheme, "proc.cmdline", text("cat -n /etc/passwd"));
    toy.set(scheme, "proc.cwd", text("/etc/"));
    toy.set(scheme, "proc.vmsize", Owned::Uint(100));
    toy.set(
        scheme,
        "proc.aname",
        Owned::Many(vec![text("bash"), text("sshd")]),
    );
    toy.set(
        scheme,
        "proc.args",
        Owned::Many(vec![text("-n"), text("/etc/passwd")]),
    );
    toy.set(scheme, "fd.name", text("/etc/passwd"));
    toy.set(scheme, "fd.num", Owned::Int(3));
    toy.set(scheme, "evt.failed", Owned::Bool(false));
    toy.set(scheme, "evt.rawres", Owned::Int(-2));
    toy.set(scheme, "evt.buffer", Owned::Bytes(b"ab\0\xff".to_vec()));
    toy.set(scheme, "evt.arg", text("a"));
    toy.set(scheme, "fd.sip", ip("10.0.0.1"));
    toy.set(scheme, "fd.snet", ip("10.0.0.1"));
    toy.set(
        scheme,
        "fd.ip",
        Owned::Many(vec![ip("10.0.0.1"), ip("10.0.0.2")]),
    );
    toy.set(
        scheme,
        "fd.port",
        Owned::Many(vec![Owned::Uint(80), Owned::Uint(4000)]),
    );
    toy.set(scheme, "thread.load", Owned::Double(2.5));
    toy
}

#[test]
fn operators_mean_what_the_interface_says() {
    fn check(text: &str, expect: bool) {
        let scheme = scheme();
        let condition = compile(text).unwrap();
        assert_eq!(
            condition.matches(&record(&scheme), &Bump::new()),
            expect,
            "{text}"
        );
    }
    check("proc.name = cat", true);
    check("proc.name == dog", false);
    check("proc.name != dog", true);
    check("proc.name in (dog, cat)", true);
    check("proc.name in ()", false);
    check("not proc.name in ()", true);
    check("proc.name intersects (cat)", true);
    check("proc.name in cat", true);
    check("proc.name contains a", true);
    check("proc.name icontains CA", true);
    check("proc.name startswith ''", true);
    check("proc.name endswith at", true);
    check("proc.name glob c?t", true);
    check("proc.name glob c", false);
    check("proc.name iglob C*", true);
    check("proc.name regex c.t", true);
    check("proc.name regex c", false);
    check("proc.name exists", true);
    check("fd.name pmatch (/usr, /etc)", true);
    check("fd.name pmatch (/etc/pass)", false);
    check("proc.name = oneof (cat, dog)", true);
    check("proc.name = oneof (cat, cat)", false);
    check("proc.name startswith oneof (c, ca)", false);
    check("proc.name startswith anyof (x, ca)", true);
    check("proc.name contains allof (c, a, t)", true);
    check("proc.name contains allof (c, x)", false);
    check("proc.name != allof (dog, cow)", true);
    check("proc.name != allof (dog, cat)", false);
    check("proc.name != anyof (dog, cat)", true);
    check("proc.name = anyof (dog, cat)", true);
    check("proc.name contains allof ()", false);
    check("proc.name regex anyof (x, c.*)", true);
    check("fd.num = 3", true);
    check("fd.num > 3", false);
    check("fd.num >= 3", true);
    check("fd.num < 4", true);
    check("fd.num in (1, 3)", true);
    check("fd.num = anyof (1, 3)", true);
    check("evt.rawres < 0", true);
    check("proc.vmsize >= -1", false);
    check("thread.load > 2", true);
    check("thread.load = 2", false);
    check("evt.failed = false", true);
    check("evt.failed != true", true);
    check("evt.buffer contains ab", true);
    check("evt.buffer bcontains 00ff", true);
    check("evt.buffer bstartswith 6162", true);
    check("evt.buffer = ab", false);
    check("fd.sip = 10.0.0.1", true);
    check("fd.sip != ::1", true);
    check("fd.sip in (10.0.0.2, 10.0.0.1)", true);
    check("fd.snet = 10.0.0.0/8", true);
    check("fd.snet in (11.0.0.0/8, 10.0.0.0/8)", true);
    check("fd.snet != fd00::/8", true);
    check(
        "tolower(proc.name) = cat and toupper(proc.name) = CAT",
        true,
    );
    check("len(proc.name) = 3 and len(proc.args) = 2", true);
    check("basename(fd.name) = passwd", true);
    check("join(',', proc.args) = '-n,/etc/passwd'", true);
    check("join('-', ('a', fd.num, proc.name)) = a-3-cat", true);
    check("concat(proc.name, '-', fd.name) = cat-/etc/passwd", true);
    check("b64(evt.arg.x) exists", false);
    check("getopt(proc.args, 'n') intersects (n)", true);
    check("getopt(proc.args, 'n:')[n] = /etc/passwd", true);
    check("getopt(proc.args, 'n:')[x] exists", false);
    check("fd.name startswith val(proc.cwd)", true);
    check("proc.name = val(fd.name)", false);
    check("proc.name = tolower(proc.name)", true);
    check("tolower(proc.args) intersects (-n)", true);
    check("proc.args in val(proc.args)", true);
}

#[test]
fn a_missing_field_satisfies_no_operator() {
    fn check(text: &str, expect: bool) {
        let condition = compile(text).unwrap();
        assert_eq!(
            condition.matches(&Toy::default(), &Bump::new()),
            expect,
            "{text}"
        );
    }
    check("proc.name = cat", false);
    check("proc.name != cat", false);
    check("not proc.name = cat", true);
    check("not proc.name != cat", true);
    check("proc.name exists", false);
    check("proc.name contains ''", false);
    check("proc.args in ()", false);
    check("proc.aname != x", false);
    check("evt.type = open", true);
    check("evt.type != open", false);
    check("proc.name = val(fd.name)", false);
}

#[test]
fn several_values_are_compared_as_the_field_says() {
    fn check(text: &str, expect: bool) {
        let scheme = scheme();
        let condition = compile(text).unwrap();
        assert_eq!(
            condition.matches(&record(&scheme), &Bump::new()),
            expect,
            "{text}"
        );
    }
    check("proc.aname = sshd", true);
    check("proc.aname != sshd", true);
    check("not proc.aname = sshd", false);
    check("proc.aname[1] = sshd", true);
    check("proc.aname[9] exists", false);
    check("fd.ip = 10.0.0.2", true);
    check("fd.ip != 10.0.0.2", false);
    check("fd.ip != 10.0.0.3", true);
    check("fd.ip in (10.0.0.3, 10.0.0.2)", true);
    check("fd.port = 80", true);
    check("fd.port != 80", false);
    check("fd.port > 3000", true);
    check("proc.args in (-n)", false);
    check("proc.args in (-n, /etc/passwd, x)", true);
    check("proc.args intersects (-n)", true);
    check("proc.args intersects (x)", false);
}

#[test]
fn what_does_not_compile_says_why() {
    fn check(text: &str, expect: &str) {
        let errors = compile(text).unwrap_err();
        assert_eq!(errors[0].message, expect, "{text}");
    }
    check(
        "proc.nmae = x",
        "filter_check called with nonexistent field proc.nmae",
    );
    check(
        "proc.name[1] = x",
        "filter_check called with nonexistent field proc.name[1]",
    );
    check("evt.arg = x", "filter syntax error: evt.arg");
    check(
        "container.label = x",
        "filter 'container.label': container.label requires an argument but none provided",
    );
    check(
        "container.label.x = y",
        "filter_check called with nonexistent field container.label.x",
    );
    check(
        "container.id[1] = y",
        "filter 'container.id[1]': container.id does not allow nor require an argument but one is \
         provided: 1",
    );
    check("proc.aname[x] = y", "x is not a valid number");
    check("evt.type = opennn", "unknown event type opennn");
    check("evt.type startswith op", "unknown event type op");
    check(
        "fd.num contains 1",
        "filter error: 'contains' operator not supported for numeric filters",
    );
    check(
        "evt.failed > 1",
        "filter error: '>' operator not supported for numeric filters",
    );
    check(
        "evt.failed = 1",
        "filter error: unrecognized boolean value 1",
    );
    check(
        "proc.name bcontains ff",
        "filter error: 'bcontains' operator not supported for string filters",
    );
    check(
        "evt.buffer regex x",
        "filter error: 'regex' operator not supported for buffer filters",
    );
    check(
        "evt.buffer bcontains xyz",
        "filter error: bcontains and bstartswith operator support hex strings only",
    );
    check(
        "fd.sip < 5",
        "filter error: '<' operator not supported for ip address and network filters",
    );
    check(
        "fd.sip contains anyof (x)",
        "filter error: 'contains' with modifier not supported for ip address and network filters",
    );
    check(
        "proc.args = x",
        "filter error: '=' operator not supported list filters",
    );
    check("fd.sip = 300.1.1.1", "unrecognized IPv4 address 300.1.1.1");
    check("fd.num = 1.5", "1.5 is not a valid number");
    check(
        "fd.port = nosuchservice",
        "unrecognized protocol nosuchservice",
    );
    check(
        "proc.name regex '(?i)x'",
        "invalid regex pattern: no argument for repetition operator: ?",
    );
    check(
        "toupper(fd.num) = A",
        "can't add field transformer: type 'INT64' is not supported by 'toupper' transformer applied on field 'fd.num'",
    );
    check(
        "toupper(proc.aname) = A",
        "field 'proc.aname' does not support transformers",
    );
    check(
        "tolower(evt.type) = open",
        "event code search does not support `evt.type` checks with transformers",
    );
    check(
        "tolower(proc.name, fd.name) = x",
        "unknown multivalue transformer",
    );
    check("join(proc.name) = x", "unknown field transfomer 'join'");
    check(
        "join(proc.name, fd.name) = x",
        "join() second argument must be a list",
    );
    check(
        "concat(proc.name, fd.num) = x",
        "concat() arguments must be strings",
    );
    check(
        "getopt(proc.args, 'a')[ab] = x",
        "getopt() field argument must be a single option character",
    );
    check(
        "tolower(proc.name)[1] = x",
        "filter error: transformer 'tolower' does not support field arguments",
    );
    check(
        "proc.name = val(fd.num)",
        "field 'proc.name' has type 'CHARBUF' while the right-hand side field 'fd.num' has incompatible type 'INT64'",
    );
    check(
        "proc.name = val(proc.aname)",
        "field 'proc.aname' can't be used as a right-hand side field",
    );
    check(
        "fd.ip = val(fd.sip)",
        "field 'fd.ip' doesn't support right-hand side fields",
    );
    check(
        "proc.name regex val(fd.name)",
        "operator 'REGEX' doesn't support right-hand side fields",
    );
    check(
        "fd.snet = val(fd.snet)",
        "field type 'IPNET' doesn't support right-hand side fields",
    );
    check(
        "evt.type = val(proc.name)",
        "right-hand field comparisons on `evt.type`/`syscall.type` checks are not supported by event code search",
    );
    check(
        "nosuchmacro",
        "filter error: unexpected identifier 'nosuchmacro'",
    );
    check(
        "proc.name = '\\x00'",
        "filter error: filter value cannot contain a NUL byte (\\x00)",
    );
}

#[test]
fn every_fault_is_told_with_its_place_and_a_suggestion() {
    let errors = compile("proc.nmae = x and evt.type = opne and proc.name = y").unwrap_err();
    let told: Vec<_> = errors
        .iter()
        .map(|e| (e.fault, e.range.offsets(), e.help.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            (Fault::UnknownField, 0..9, Some("did you mean `proc.name`?")),
            (Fault::UnknownKind, 29..33, None),
        ]
    );
}

#[test]
fn what_is_probably_not_meant_is_remarked() {
    fn check(text: &str, expect: &[&str]) {
        let condition = compile(text).unwrap();
        let got: Vec<_> = condition.remarks().iter().map(|r| &r.message).collect();
        assert_eq!(got, expect, "{text}");
    }
    let regex = "regex check with '.*abc$' may be optimized with simpler operators such as '=', \
                 'contains', 'startswith', 'endswith'";
    check("proc.name regex '.*abc$'", &[regex]);
    check("proc.name regex 'a.*abc'", &[]);
    check(
        "proc.name = fd.name",
        &["'fd.name' may be a valid field misused as a const string value"],
    );
    check(
        "proc.name in (x, 'tolower( y )')",
        &["'tolower( y )' may be a valid field transformer misused as a const string value"],
    );
    check("proc.name = a.b", &[]);
}

fn names(kinds: &KindSet) -> String {
    let names: Vec<_> = kinds.iter().map(|k| KINDS[usize::from(k.0)]).collect();
    names.join(" ")
}

#[test]
fn the_kinds_that_can_match_follow_from_the_condition() {
    fn check(text: &str, selected: &str, possible: &str) {
        let condition = compile(text).unwrap();
        assert_eq!(names(condition.selected_kinds()), selected, "{text}");
        assert_eq!(names(condition.kinds()), possible, "{text}");
    }
    let all = "open openat execve connect close exit";
    check("proc.name = x", all, all);
    check("evt.type = open", "open", "open");
    check("evt.type in (open, execve)", "open execve", "open execve");
    check(
        "evt.type != open",
        "openat execve connect close exit",
        "openat execve connect close exit",
    );
    check(
        "not evt.type = open",
        "openat execve connect close exit",
        "openat execve connect close exit",
    );
    check("evt.type = open and evt.type = execve", "", "");
    check("evt.type = open or proc.name = x", all, all);
    check(
        "evt.type = open and not (proc.name = x or fd.num > 1)",
        "open",
        "open",
    );
    check("not (evt.type = open and proc.name = x)", all, all);
    check(
        "not (evt.type = open or proc.name = x)",
        "openat execve connect close exit",
        "openat execve connect close exit",
    );
    check("evt.type exists", all, all);
    check("evt.type = known-but-never", "", "");
    check("evt.type = anyof (open)", all, all);
    check("fd.name = x", all, "open openat connect close");
    check("not fd.name = x", all, all);
    check(
        "evt.type in (open, execve) and fd.name = x",
        "open execve",
        "open",
    );
    check("tolower(fd.name) = x", all, "open openat connect close");
    check("proc.name = val(fd.name)", all, "open openat connect close");
}

#[test]
fn what_a_condition_implies_is_known() {
    fn check(text: &str, kinds: &[u16], expect: bool) {
        let scheme = scheme();
        let failed = scheme.by_name("evt.failed").unwrap();
        let known = |fact: &Fact<'_>| {
            fact.field == failed
                && match fact.constants {
                    [Constant::Bool(value)] => (*value == (fact.op == Op::In)) == fact.negated,
                    _ => false,
                }
        };
        let kinds = kinds.iter().map(|k| crate::KindId(*k)).collect();
        assert_eq!(
            compile(text).unwrap().implies(&kinds, &known),
            expect,
            "{text}"
        );
    }
    check("evt.failed = false", &[0, 2], true);
    check("evt.failed = true", &[0, 2], false);
    check("evt.failed != true and proc.name = x", &[0, 2], true);
    check("evt.failed = false or proc.name = x", &[0, 2], false);
    check(
        "evt.failed = false or (evt.failed = false and proc.name = x)",
        &[0, 2],
        true,
    );
    check("not evt.failed = true", &[0, 2], true);
    check("not (evt.failed = true or proc.name = x)", &[0], true);
    check("not (evt.failed = true and proc.name = x)", &[0], false);
    check(
        "(evt.type = open and evt.failed = false) or evt.type = execve",
        &[0, 2],
        false,
    );
    check(
        "(evt.type = open and evt.failed = false) or evt.type = execve",
        &[0],
        true,
    );
    check("evt.type = close", &[0, 2], true);
}

#[test]
fn the_fields_that_are_read_are_known() {
    let scheme = scheme();
    let condition = compile("evt.arg.name = x and tolower(proc.name) = val(fd.name)").unwrap();
    let fields: Vec<_> = condition
        .fields()
        .map(|(field, arg)| (scheme.def(field).name, &*arg.text))
        .collect();
    assert_eq!(
        fields,
        [("evt.arg", "name"), ("proc.name", ""), ("fd.name", "")]
    );
}

#[test]
fn long_chains_of_macros_do_not_exhaust_the_stack() {
    let scheme = scheme();
    let chain = |steps: usize, step: &str| {
        let mut ast = parse("proc.name = x").unwrap();
        for _ in 0..steps {
            ast = parse(step).unwrap().resolve_macros(|_| Some(&ast)).unwrap();
        }
        Condition::compile(&ast, &scheme)
    };
    assert!(chain(1100, "m and fd.num = 1").is_ok());
    assert!(chain(300, "(m or fd.num = 1) and (m or fd.num = 2)").is_ok());
    let errors = chain(600, "(m or fd.num = 1) and fd.num = 2").unwrap_err();
    assert_eq!(errors[0].message, "exceeded max depth limit of 1000");
}

/// Comparisons of anything with anything, most of which make no sense.
fn comparison() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::sample::select;
    use proptest::strategy::Strategy as _;
    let left = select(vec![
        "proc.name",
        "evt.type",
        "evt.arg.x",
        "proc.aname",
        "proc.aname[1]",
        "proc.args",
        "fd.num",
        "fd.ip",
        "fd.snet",
        "evt.buffer",
        "evt.failed",
        "container.label[a]",
        "thread.load",
        "x.y",
        "tolower(proc.name)",
        "len(proc.args)",
        "join(',', proc.args)",
        "getopt(proc.args, 'a:')",
        "concat(proc.name, len(fd.name))",
        "b64(evt.buffer)",
        "basename(proc.args)",
    ]);
    let op = select(vec![
        "=",
        "!=",
        "<",
        ">=",
        "in",
        "contains",
        "icontains",
        "regex",
        "glob",
        "iglob",
        "pmatch",
        "intersects",
        "bcontains",
        "bstartswith",
        "startswith",
        "endswith",
        "= anyof",
        "!= oneof",
        "regex allof",
    ]);
    let right = select(vec![
        "(a, b)",
        "()",
        "(1)",
        "1",
        "-1",
        "x",
        "''",
        "'a['",
        "'('",
        "true",
        "10.0.0.1",
        "ff",
        "10.0.0.0/8",
        "val(fd.name)",
        "val(proc.args)",
        "val(fd.num)",
        "tolower(fd.name)",
        "open",
    ]);
    (left, op, right).prop_map(|(left, op, right)| format!("{left} {op} {right}"))
}

proptest::proptest! {
    #[test]
    fn no_condition_makes_the_compiler_panic(
        comparisons in proptest::collection::vec(comparison(), 1..3),
    ) {
        if let Ok(ast) = parse(&comparisons.join(" and not ")) {
            match Condition::compile(&ast, &scheme()) {
                Ok(condition) => {
                    let scheme = scheme();
                    condition.matches(&record(&scheme), &Bump::new());
                    condition.matches(&Toy::default(), &Bump::new());
                }
                Err(errors) => assert!(!errors.is_empty()),
            }
        }
    }
}
