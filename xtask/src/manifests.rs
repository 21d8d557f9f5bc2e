//! The manifests under `deploy/`: rendered by Helm's own engine and by kubectl, held against the
//! schema of Kubernetes, and offered to `kubectl --dry-run`. Those come from PyPI and from the
//! machine; the checks are in `manifests/check.py`.

use std::fs;
use std::process::Command;

use anyhow::Result;

use crate::dist::run_tool;

/// Helm as a library, and the schemas.
const PACKAGES: &[&str] = &[
    "helm-python-sdk==0.2.2",
    "kubernetes-validate==1.37.0",
    "PyYAML==6.0.3",
];

/// Checks them.
pub fn run() -> Result<()> {
    crate::setup::manifests()?;
    let root = crate::root();
    let folder = root.join("target/manifests");
    let python = folder.join("bin/python");
    let stamp = folder.join("packages");
    let wanted = PACKAGES.join("\n");
    if !fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        run_tool(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
        let install = ["-m", "pip", "install", "--quiet"];
        run_tool(Command::new(&python).args(install).args(PACKAGES))?;
        fs::write(stamp, wanted)?;
    }
    run_tool(
        Command::new(&python)
            .args(["-c", include_str!("manifests/check.py")])
            .arg(root.join("deploy")),
    )
}
