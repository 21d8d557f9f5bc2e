//! What is served on port 8765 (§7.6 of the interface).
//!
//! * `/healthz` (`webserver.k8s_healthz_endpoint`): the process is alive, as Falco's;
//! * `/readyz`: events flow and rules are loaded, with 503 and the reason if not;
//! * `/versions`: what falcoctl checks artifacts against;
//! * `/metrics`: for Prometheus, if it is switched on.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use rustix::thread::CapabilitySet;
use serde_json::json;

use crate::board::Board;
use crate::config::{Metrics, Webserver};
use crate::http::{Answer, Server};
use crate::log::Log;
use crate::metrics::host::Usage;
use crate::metrics::prometheus;
use crate::metrics::writer::Writer;
use crate::{sandbox, version};

/// How long the engine's thread may take for a snapshot; it looks around every tenth of a second
/// at the latest, except while it loads programs into the kernel for a reload.
const PATIENCE: Duration = Duration::from_millis(500);

/// The threads beside the engine's that follow the configuration: the webserver, and what writes
/// metrics.
pub(crate) struct Endpoints {
    board: Arc<Board>,
    log: Arc<Log>,
    server: Option<(Server, Webserver, Metrics)>,
    writer: Option<Writer>,
    sandbox: bool,
}

impl Endpoints {
    /// None yet. In a sandbox, their threads confine themselves.
    pub(crate) fn new(board: Arc<Board>, log: Arc<Log>, sandbox: bool) -> Endpoints {
        Endpoints {
            board,
            log,
            server: None,
            writer: None,
            sandbox,
        }
    }

    /// Serves what the configuration says. What has not changed goes on as it is.
    ///
    /// # Errors
    /// The webserver cannot be started; the one before, if there was one, is at work again if its
    /// address can be had.
    pub(crate) fn configure(&mut self, webserver: &Webserver, metrics: &Metrics) -> Result<()> {
        if self.writer.as_ref().map(Writer::settings) != Some(metrics) {
            let folder = metrics.file.as_ref().and_then(|f| f.parent());
            let begin = self.confinement(folder.map(Path::to_owned).into_iter().collect());
            self.writer = Writer::start(metrics, &self.board, &self.log, begin);
        }
        let same = (self.server.as_ref()).is_some_and(|(_, w, m)| (w, m) == (webserver, metrics));
        if !same {
            let before = self.server.take().map(|(_, w, m)| (w, m));
            if let Err(error) = self.serve(webserver, metrics) {
                if let Some((webserver, metrics)) = before {
                    self.serve(&webserver, &metrics)?;
                }
                return Err(error);
            }
        }
        Ok(())
    }

    /// What a thread that may write below these folders does first.
    fn confinement(&self, writable: Vec<PathBuf>) -> impl FnOnce() + Send + 'static {
        let (sandbox, log) = (self.sandbox, Arc::clone(&self.log));
        move || {
            if sandbox
                && let Err(error) = sandbox::confine_thread(CapabilitySet::empty(), &writable, &[])
            {
                log.warn(format!("Sandbox: {error:#}"));
            }
        }
    }

    fn serve(&mut self, webserver: &Webserver, metrics: &Metrics) -> Result<()> {
        if !webserver.enabled {
            return Ok(());
        }
        let certificate = webserver.tls.then_some(webserver.certificate.as_path());
        let board = Arc::clone(&self.board);
        let healthz = webserver.healthz.clone();
        let shown = (webserver.prometheus && metrics.enabled).then(|| metrics.clone());
        let route = move |path: &str| match path {
            _ if path == healthz => Answer::json(200, &json!({"status": "ok"})),
            "/readyz" => match board.unready() {
                None => Answer::json(200, &json!({"status": "ok"})),
                Some(why) => Answer::json(503, &json!({"status": "unready", "reason": why})),
            },
            "/versions" => Answer::json(200, &version::json()),
            "/metrics" => match (&shown, board.snapshot(PATIENCE)) {
                (Some(metrics), Some(snapshot)) => Answer {
                    status: 200,
                    media_type: "text/plain; version=0.0.4",
                    body: prometheus::text(&snapshot, &Usage::read(), metrics),
                },
                (Some(_), None) => Answer::text(503, "no event was looked for yet\n"),
                (None, _) => Answer::text(
                    404,
                    "metrics are off: set metrics.enabled and webserver.prometheus_metrics_enabled\n",
                ),
            },
            _ => Answer::text(404, "not found\n"),
        };
        let at = (webserver.address, webserver.port);
        let begin = self.confinement(Vec::new());
        let server = Server::start(at, certificate, Box::new(route), begin)?;
        self.log.info(format!(
            "Starting health webserver with threadiness 1, listening on {}{}",
            server.address(),
            if webserver.tls { " (TLS)" } else { "" }
        ));
        self.server = Some((server, webserver.clone(), metrics.clone()));
        Ok(())
    }
}
