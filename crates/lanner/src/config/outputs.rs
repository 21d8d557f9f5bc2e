//! The outputs: Falco's keys (§2.7 of the interface) and our own beside them (`docs/outputs.md`).

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use lanner_diag::yaml::Node;
use lanner_output::{
    Batch, ChannelPlan, Collapse, CollapseRule, Encoding, HttpSettings, Retry, Roots, Secret,
    SpoolSettings, Sync, Target, Tls,
};

use super::{Reader, texts};

/// What `format` may be; `falco` stands for what `json_output` says.
pub(super) const FORMATS: &[&str] = &["falco", "text", "json", "ecs", "otlp_json", "otlp_protobuf"];

/// Alerts that share a request with `otlp_json` and `otlp_protobuf`, and with `http_output.batch`.
const BATCH: usize = 100;

/// The channels that are switched on.
pub(super) fn channels(r: &Reader<'_>, main: &str) -> Result<Vec<ChannelPlan>> {
    let mut channels = Vec::new();
    if r.flag("stdout_output.enabled") {
        channels.push(ChannelPlan {
            target: Target::Stdout,
            encoding: encoding(r, main, "stdout_output")?,
            // Nobody comes back to a pipe that was closed.
            retry: None,
            spool: None,
        });
    }
    if r.flag("file_output.enabled") {
        let path = required(r, main, "file_output.filename", "file", "filename")?;
        let spool = spool(r, main, "file")?;
        channels.push(ChannelPlan {
            target: Target::File {
                path: PathBuf::from(path),
                keep_open: r.flag("file_output.keep_alive"),
            },
            encoding: encoding(r, main, "file_output")?,
            // Without a spool a full disk costs alerts, and not the memory of those behind them.
            retry: spool.as_ref().map(|_| Retry::default()),
            spool,
        });
    }
    if r.flag("syslog_output.enabled") {
        channels.push(ChannelPlan {
            target: Target::Syslog {
                socket: PathBuf::from(r.text("syslog_output.socket")),
                ident: program_name(),
            },
            encoding: encoding(r, main, "syslog_output")?,
            retry: Some(Retry::default()),
            spool: spool(r, main, "syslog")?,
        });
    }
    if r.flag("program_output.enabled") {
        let command = required(r, main, "program_output.program", "program", "program")?;
        channels.push(ChannelPlan {
            target: Target::Program {
                command: command.to_owned(),
                keep_alive: r.flag("program_output.keep_alive"),
            },
            encoding: encoding(r, main, "program_output")?,
            retry: Some(Retry::default()),
            spool: spool(r, main, "program")?,
        });
    }
    if r.flag("http_output.enabled") {
        channels.push(http(r, main)?);
    }
    Ok(channels)
}

/// The name under which the program was called, as syslog(3) has it.
pub(crate) fn program_name() -> String {
    let called = std::env::args_os().next().unwrap_or_default();
    let name = Path::new(&called).file_name();
    name.map_or_else(|| "lanner".to_owned(), |n| n.to_string_lossy().into_owned())
}

fn required<'t>(
    r: &Reader<'t>,
    main: &str,
    key: &str,
    output: &str,
    what: &str,
) -> Result<&'t str> {
    match r.text(key) {
        "" => bail!(
            "Error reading config file ({main}): {output} output enabled but no {what} in \
             configuration block ({}: set {key}, or {output}_output.enabled to false)",
            r.place(&format!("{output}_output.enabled"))
        ),
        text => Ok(text),
    }
}

fn encoding(r: &Reader<'_>, main: &str, section: &str) -> Result<Encoding> {
    let key = format!("{section}.format");
    Ok(match r.text(&key) {
        "falco" if r.flag("json_output") => Encoding::Json,
        "falco" | "text" => Encoding::Text,
        "json" => Encoding::Json,
        "ecs" => Encoding::Ecs,
        "otlp_json" => Encoding::OtlpJson,
        "otlp_protobuf" if section == "http_output" => Encoding::OtlpProtobuf,
        "otlp_protobuf" => bail!(
            "Error reading config file ({main}): {key}: otlp_protobuf is not a line of text, only \
             http_output can have it; use otlp_json"
        ),
        other => bail!(
            "Error reading config file ({main}): {key}: unknown format \"{other}\"--must be one \
             of {}",
            FORMATS.join(", ")
        ),
    })
}

fn spool(r: &Reader<'_>, main: &str, channel: &str) -> Result<Option<SpoolSettings>> {
    if !r.flag(&format!("{channel}_output.spool")) {
        return Ok(None);
    }
    let sync = match r.text("outputs_spool.sync") {
        "never" => Sync::Never,
        "second" => Sync::Second,
        "always" => Sync::Always,
        other => bail!(
            "Error reading config file ({main}): outputs_spool.sync: \"{other}\" must be one of \
             never, second, always"
        ),
    };
    Ok(Some(SpoolSettings {
        dir: Path::new(r.text("outputs_spool.path")).join(channel),
        max_bytes: r.number("outputs_spool.max_bytes"),
        max_age: duration(
            r.text("outputs_spool.max_age"),
            main,
            "outputs_spool.max_age",
        )?,
        sync,
    }))
}

fn http(r: &Reader<'_>, main: &str) -> Result<ChannelPlan> {
    let url = required(r, main, "http_output.url", "http", "url")?;
    let encoding = encoding(r, main, "http_output")?;
    let file = |key: &str| PathBuf::from(r.text(key));
    let named = |key: &str| !r.text(key).is_empty();
    let roots = if r.flag("http_output.insecure") {
        Roots::Anyone
    } else if named("http_output.ca_cert") {
        Roots::File(file("http_output.ca_cert"))
    } else if named("http_output.ca_bundle") {
        Roots::File(file("http_output.ca_bundle"))
    } else {
        Roots::Folder(file("http_output.ca_path"))
    };
    let mut client = None;
    if r.flag("http_output.mtls") {
        let cert = required(r, main, "http_output.client_cert", "http", "client_cert")?;
        let key = required(r, main, "http_output.client_key", "http", "client_key")?;
        client = Some((PathBuf::from(cert), PathBuf::from(key)));
    }
    let headers = r.node("http_output.headers").and_then(Node::as_map);
    let mut pairs = Vec::new();
    for (name, value) in headers.unwrap_or_default() {
        let (Some(name), Some(value)) = (name.to_text(), value.to_text()) else {
            bail!(
                "Error reading config file ({main}): http_output.headers must map names of headers \
                 to texts"
            );
        };
        pairs.push((name.to_owned(), Secret(value.to_owned())));
    }
    let batch = match r.text("http_output.batch") {
        "single" => Batch::Single,
        "json_array" => Batch::JsonArray,
        "ndjson" => Batch::Ndjson,
        other => bail!(
            "Error reading config file ({main}): http_output.batch: \"{other}\" must be one of \
             single, json_array, ndjson"
        ),
    };
    let gzip = match r.text("http_output.compression") {
        "none" => false,
        "gzip" => true,
        other => bail!(
            "Error reading config file ({main}): http_output.compression: \"{other}\" must be \
             none or gzip"
        ),
    };
    let shares =
        batch != Batch::Single || matches!(encoding, Encoding::OtlpJson | Encoding::OtlpProtobuf);
    let most = usize::try_from(r.number("http_output.batch_alerts")).unwrap_or(usize::MAX);
    let timeouts = r.number("http_output.max_consecutive_timeouts");
    Ok(ChannelPlan {
        target: Target::Http(Box::new(HttpSettings {
            url: url.to_owned(),
            user_agent: r.text("http_output.user_agent").to_owned(),
            headers: pairs,
            token: named("http_output.token")
                .then(|| Secret(r.text("http_output.token").to_owned())),
            token_file: named("http_output.token_file").then(|| file("http_output.token_file")),
            echo: r.flag("http_output.echo"),
            gzip,
            batch,
            batch_alerts: match (shares, most) {
                (false, _) => 1,
                (true, 0) => BATCH,
                (true, most) => most,
            },
            batch_bytes: usize::try_from(r.number("http_output.batch_bytes")).unwrap_or(usize::MAX),
            timeout: duration(r.text("http_output.timeout"), main, "http_output.timeout")?,
            tls: Tls { roots, client },
        })),
        encoding,
        retry: Some(Retry {
            most: duration(
                r.text("http_output.max_pause"),
                main,
                "http_output.max_pause",
            )?,
            timeouts: u32::try_from(timeouts).unwrap_or(u32::MAX),
            ..Retry::default()
        }),
        spool: spool(r, main, "http")?,
    })
}

/// Which alerts are held back (`collapse`).
pub(super) fn collapse(r: &Reader<'_>, main: &str) -> Result<Collapse> {
    let mut rules = Vec::new();
    for item in r.items("collapse.rules") {
        for (key, _) in item.as_map().unwrap_or_default() {
            let key = key.to_text().unwrap_or_default();
            if !["rule", "by", "window", "first"].contains(&key) {
                bail!(
                    "Error reading config file ({main}): an entry of collapse.rules has the keys \
                     rule, by, window and first, not `{key}`"
                );
            }
        }
        let text = |key: &str| item.get(key).and_then(Node::to_text);
        let first = item.get("first").map(|n| n.to_uint(64));
        let Some(first) = first.unwrap_or(Some(1)) else {
            bail!("Error reading config file ({main}): collapse.rules: `first` is a whole number");
        };
        rules.push(CollapseRule {
            rule: text("rule").unwrap_or("*").to_owned(),
            by: item
                .get("by")
                .map(|n| texts(n).into_iter().map(str::to_owned).collect())
                .unwrap_or_default(),
            window: duration(
                text("window").unwrap_or("60s"),
                main,
                "collapse.rules: window",
            )?,
            first,
        });
    }
    let keep = r.text("collapse.keep_in");
    Ok(Collapse {
        rules,
        max_groups: usize::try_from(r.number("collapse.max_groups")).unwrap_or(usize::MAX),
        keep: (!keep.is_empty()).then(|| PathBuf::from(keep)),
    })
}

/// A duration with units, or `0`.
fn duration(text: &str, main: &str, key: &str) -> Result<Duration> {
    super::duration_or_zero(text).with_context(|| {
        format!(
            "Error reading config file ({main}): {key}: \"{text}\" is not a duration: it needs \
             units, as in 500ms, 60s or 1h30m"
        )
    })
}
