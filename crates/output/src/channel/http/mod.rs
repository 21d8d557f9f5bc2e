//! HTTP: a POST request for each alert, or for several.

mod body;
mod tls;

use std::fs;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::time::Duration;

use ureq::http::{HeaderName, HeaderValue, Response, StatusCode, Uri};
use ureq::{Agent, Body, Error, Timeout};

pub use self::body::Batch;
pub use self::tls::{Roots, Tls};
use super::{Failure, Others, Stop, Transport};
use crate::format::{Encoding, otlp};
use crate::host::Needs;
use crate::queue::{Item, Portion};

/// Where requests go, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpSettings {
    /// `http://…` or `https://…`; without either, the former.
    pub url: String,
    /// The `User-Agent`.
    pub user_agent: String,
    /// More headers: name and value.
    pub headers: Vec<(String, Secret)>,
    /// A token, sent as `Authorization: Bearer …`.
    pub token: Option<Secret>,
    /// A file that the token is read from before each request, so that it may change.
    pub token_file: Option<PathBuf>,
    /// Print the replies on standard output.
    pub echo: bool,
    /// Compress bodies with gzip.
    pub gzip: bool,
    /// How alerts share a request.
    pub batch: Batch,
    /// Alerts that share a request at most, where they do.
    pub batch_alerts: usize,
    /// Bytes of alerts that share a request at most, before compression.
    pub batch_bytes: usize,
    /// How long each step of a request may take: to connect, to send, to wait for the reply.
    pub timeout: Duration,
    /// Of `https` URLs.
    pub tls: Tls,
}

/// A text that no log and no message shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

/// Bytes of a reply that are read.
const REPLY: u64 = 64 * 1024;

/// The port of name servers, for replies that are too long for UDP (RFC 7766).
const DNS: u16 = 53;

/// The channel.
pub(super) struct Http {
    settings: HttpSettings,
    uri: Uri,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// Made at the first request, and again after a failure of TLS: certificates may have been
    /// renewed.
    agent: Option<Agent>,
}

impl Http {
    /// Checks the settings, and reads the certificates.
    pub(super) fn open(settings: &HttpSettings) -> io::Result<Http> {
        let uri = parse_url(&settings.url)?;
        let mut headers = Vec::new();
        for (name, value) in &settings.headers {
            let header = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| invalid(format!("`{name}` is not the name of a header")))?;
            let value = HeaderValue::from_str(&value.0)
                .map_err(|_| invalid(format!("the value of the header `{name}` is not valid")))?;
            headers.push((header, value));
        }
        let mut http = Http {
            settings: settings.clone(),
            uri,
            headers,
            agent: None,
        };
        http.agent = Some(http.agent()?);
        Ok(http)
    }

    fn agent(&self) -> io::Result<Agent> {
        let step = Some(self.settings.timeout);
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(self.settings.user_agent.as_str())
            .timeout_resolve(step)
            .timeout_connect(step)
            .timeout_send_request(step)
            .timeout_send_body(step)
            .timeout_recv_response(step)
            .timeout_recv_body(step);
        if self.uri.scheme_str() == Some("https") {
            config = config.tls_config(self.settings.tls.load()?);
        }
        Ok(config.build().into())
    }

    fn token(&self) -> io::Result<Option<String>> {
        let Some(file) = &self.settings.token_file else {
            return Ok(self.settings.token.as_ref().map(|t| t.0.clone()));
        };
        match fs::read_to_string(file) {
            Ok(token) => Ok(Some(token.trim().to_owned())),
            Err(e) => Err(io::Error::new(
                e.kind(),
                format!("the token file {}: {e}", file.display()),
            )),
        }
    }

    /// Sends these alerts, all of one encoding, in one request.
    fn post(&mut self, items: &[Item]) -> Result<(), Failure> {
        let untaken = |error: String| Failure {
            delivered: 0,
            others: Others::Untaken { after: None },
            error,
        };
        let token = self.token().map_err(|e| untaken(e.to_string()))?;
        let agent = match self.agent.take() {
            Some(agent) => agent,
            None => self.agent().map_err(|e| untaken(e.to_string()))?,
        };
        let (mut body, kind) = body::write(items, self.settings.batch);
        let mut request = agent.post(self.uri.clone()).header("Content-Type", kind);
        if self.settings.gzip {
            body = body::gzip(&body).map_err(|e| untaken(e.to_string()))?;
            request = request.header("Content-Encoding", "gzip");
        }
        if let Some(token) = token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        if let Some(first) = items.first() {
            // Tells the receiver whether it has seen the request before.
            let mut key = first.id.uuid();
            if items.len() > 1 {
                key = format!("{key}+{}", items.len() - 1);
            }
            request = request.header("Idempotency-Key", key);
        }
        if items.iter().any(|i| i.redelivery) {
            request = request.header("Lanner-Redelivery", "true");
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        match request.send(&body[..]) {
            Ok(mut response) => {
                self.agent = Some(agent);
                self.judge(items, &mut response)
            }
            Err(error) => {
                let others = what_became(&error);
                if !is_tls(&error) {
                    self.agent = Some(agent);
                }
                Err(Failure {
                    delivered: 0,
                    others,
                    error: describe(&error, &self.settings.url),
                })
            }
        }
    }

    /// What the reply says of the alerts.
    fn judge(&self, items: &[Item], response: &mut Response<Body>) -> Result<(), Failure> {
        let status = response.status();
        let after = response
            .headers()
            .get("retry-after")
            .and_then(|v| v.to_str().ok())
            .and_then(|v| v.trim().parse().ok())
            .map(Duration::from_secs);
        let mut reply = Vec::new();
        // The connection can be used again only if the reply was read. What it says beyond its
        // status is of no weight.
        let _ = response
            .body_mut()
            .as_reader()
            .take(REPLY)
            .read_to_end(&mut reply);
        if self.settings.echo {
            // Whoever reads standard output may have gone; that is not this channel's matter.
            let _ = io::stdout().lock().write_all(&reply);
        }
        if status.is_success() {
            return match partly(items, &reply) {
                None => Ok(()),
                Some(error) => Err(Failure {
                    delivered: 0,
                    others: Others::Rejected,
                    error,
                }),
            };
        }
        let text = String::from_utf8_lossy(&reply);
        let text: String = text.trim().chars().take(200).collect();
        let text = text.replace(['\n', '\r'], " ");
        let colon = if text.is_empty() { "" } else { ": " };
        Err(Failure {
            delivered: 0,
            others: what_status_means(status, after),
            error: format!("{} replied {status}{colon}{text}", self.settings.url),
        })
    }
}

/// Whether a receiver of OTLP that replied with success took only some of the records.
fn partly(items: &[Item], reply: &[u8]) -> Option<String> {
    let (rejected, why) = match items.first()?.encoding {
        Encoding::OtlpJson => otlp::rejected_json(reply),
        Encoding::OtlpProtobuf => otlp::rejected_protobuf(reply),
        Encoding::Text | Encoding::Json | Encoding::Ecs => return None,
    };
    (rejected > 0).then(|| format!("{rejected} log records rejected: {why}"))
}

/// What a status other than success means for the alerts.
fn what_status_means(status: StatusCode, after: Option<Duration>) -> Others {
    match status.as_u16() {
        // There is something about these alerts that no repetition changes.
        400 | 406 | 413 | 414 | 422 | 431 => Others::Rejected,
        503 => Others::Untaken { after },
        500..=599 => Others::Unknown { timeout: false },
        // Too many, too early; or something that whoever operates the receiver, or this monitor,
        // can mend: the address, a token, a redirection.
        _ => Others::Untaken { after },
    }
}

/// What became of the alerts of a request that failed.
fn what_became(error: &Error) -> Others {
    match error {
        Error::Timeout(Timeout::Resolve | Timeout::Connect)
        | Error::HostNotFound
        | Error::ConnectionFailed
        | Error::BadUri(_)
        | Error::Http(_)
        | Error::Tls(_)
        | Error::Pem(_)
        | Error::Rustls(_) => Others::Untaken { after: None },
        Error::Io(e) if is_before_request(e) => Others::Untaken { after: None },
        Error::Timeout(_) => Others::Unknown { timeout: true },
        _ => Others::Unknown { timeout: false },
    }
}

/// Whether the request cannot have been sent.
fn is_before_request(error: &io::Error) -> bool {
    use io::ErrorKind;
    let kind = matches!(
        error.kind(),
        ErrorKind::ConnectionRefused
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::NetworkDown
            | ErrorKind::AddrNotAvailable
            | ErrorKind::NotFound
            | ErrorKind::PermissionDenied
    );
    kind || is_tls_inside(error)
}

/// A receiver that does not like the certificate of a client says so in the place of its reply.
fn is_tls_inside(error: &io::Error) -> bool {
    let inner = error.get_ref();
    inner.is_some_and(|e| e.is::<rustls::Error>())
}

fn is_tls(error: &Error) -> bool {
    match error {
        Error::Tls(_) | Error::Pem(_) | Error::Rustls(_) => true,
        Error::Io(e) => is_tls_inside(e),
        _ => false,
    }
}

/// The failure in words, with what may help where the words alone do not.
fn describe(error: &Error, url: &str) -> String {
    let mut text = format!("{url}: {error}");
    let hints = [
        (
            "CaUsedAsEndEntity",
            "; the server shows a CA certificate as its own: it needs one that the CA signed",
        ),
        (
            "UnknownIssuer",
            "; http_output.ca_cert must name the CA that signed the server's certificate",
        ),
    ];
    for (sign, hint) in hints {
        if text.contains(sign) {
            text.push_str(hint);
        }
    }
    text
}

fn invalid(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, what)
}

/// The address that a URL names; quotes around it are left out, as Falco does.
fn parse_url(url: &str) -> io::Result<Uri> {
    let quoted = |quote| {
        let inner = url.strip_prefix(quote)?;
        inner.strip_suffix(quote)
    };
    let bare = quoted('"').or_else(|| quoted('\'')).unwrap_or(url);
    let whole = match bare.contains("://") {
        true => bare.to_owned(),
        false => format!("http://{bare}"),
    };
    let wrong = |why: &str| invalid(format!("`{bare}` is not a URL for alerts: {why}"));
    let uri: Uri = whole.parse().map_err(|e| wrong(&format!("{e}")))?;
    match uri.scheme_str() {
        Some("http" | "https") => {}
        _ => return Err(wrong("it must begin with http:// or https://")),
    }
    if uri.host().is_none_or(str::is_empty) {
        return Err(wrong("it names no host"));
    }
    Ok(uri)
}

impl Transport for Http {
    fn portion(&self) -> Portion {
        Portion {
            items: self.settings.batch_alerts.max(1),
            bytes: self.settings.batch_bytes,
        }
    }

    fn needs(&self) -> Needs {
        let own = self.uri.port_u16().unwrap_or(match self.uri.scheme_str() {
            Some("https") => 443,
            _ => 80,
        });
        let agent = self.agent.as_ref();
        let proxy = agent.and_then(|a| a.config().proxy().map(|p| p.port()));
        Needs::Only {
            reads_all: true,
            writes: Vec::new(),
            ports: [own, DNS].into_iter().chain(proxy).collect(),
        }
    }

    fn send(&mut self, items: &[Item], _: &Stop) -> Result<(), Failure> {
        let mut delivered = 0;
        // After a reload, alerts of another encoding may come first.
        for group in items.chunk_by(|a, b| a.encoding == b.encoding) {
            self.post(group).map_err(|mut failure| {
                failure.delivered += delivered;
                failure
            })?;
            delivered += group.len();
        }
        Ok(())
    }

    fn reopen(&mut self) -> io::Result<()> {
        self.agent = None;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_as_curl_takes_them() {
        let check = |url: &str, expect: &str| {
            let parsed = parse_url(url).map(|u| u.to_string());
            assert_eq!(parsed.unwrap_or_else(|e| e.to_string()), expect);
        };
        check("http://h:1/x?y=z", "http://h:1/x?y=z");
        check("\"https://h/\"", "https://h/");
        check("'h:2801'", "http://h:2801/");
        check(
            "ftp://h/",
            "`ftp://h/` is not a URL for alerts: it must begin with http:// or https://",
        );
        assert!(parse_url("").is_err());
        assert!(parse_url("http://").is_err());
    }

    #[test]
    fn a_status_says_whether_another_attempt_is_worth_it() {
        let check = |status: u16, expect: Others| {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(what_status_means(status, None), expect, "{status}");
        };
        let untaken = Others::Untaken { after: None };
        check(400, Others::Rejected);
        check(413, Others::Rejected);
        check(301, untaken.clone());
        check(401, untaken.clone());
        check(404, untaken.clone());
        check(429, untaken.clone());
        check(503, untaken);
        check(500, Others::Unknown { timeout: false });
    }

    #[test]
    fn secrets_are_not_shown() {
        assert_eq!(format!("{:?}", Secret("x".to_owned())), "…");
    }
}
