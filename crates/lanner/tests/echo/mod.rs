//! A stand-in for the image `hashicorp/http-echo:1.0`, which cannot be pulled where there is no
//! network: a small static program with the same flags, in an archive as `docker save` writes it,
//! under the same name. The user in it is the same, too: 65532.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The image's name.
pub(crate) const IMAGE: &str = "docker.io/hashicorp/http-echo:1.0";

fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|e| format!("{command:?}: {e}"))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(format!(
            "{command:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        )),
    }
}

/// Builds the archive in a folder and returns its path. Needs rustc, tar and sha256sum.
pub(crate) fn build(folder: &Path) -> Result<PathBuf, String> {
    let text = |e: std::io::Error| e.to_string();
    let source = folder.join("http_echo.rs");
    fs::write(&source, include_str!("http_echo.rs")).map_err(text)?;
    let root = folder.join("root");
    fs::create_dir_all(&root).map_err(text)?;
    run(Command::new("rustc")
        .args(["--edition", "2024", "-O", "-C", "strip=symbols"])
        .args(["-C", "target-feature=+crt-static", "-C", "panic=abort"])
        .arg("-o")
        .arg(root.join("http-echo"))
        .arg(&source))?;
    let layer = folder.join("layer.tar");
    run(Command::new("tar")
        .args(["--owner=0", "--group=0", "-C"])
        .arg(&root)
        .arg("-cf")
        .arg(&layer)
        .arg("http-echo"))?;
    let sum = run(Command::new("sha256sum").arg(&layer))?;
    let digest = sum.split(' ').next().unwrap_or_default();
    let config = format!(
        r#"{{"architecture":"amd64","os":"linux","config":{{"Entrypoint":["/http-echo"],"User":"65532:65532"}},"rootfs":{{"type":"layers","diff_ids":["sha256:{digest}"]}}}}"#
    );
    fs::write(folder.join("config.json"), config).map_err(text)?;
    let manifest =
        format!(r#"[{{"Config":"config.json","RepoTags":["{IMAGE}"],"Layers":["layer.tar"]}}]"#);
    fs::write(folder.join("manifest.json"), manifest).map_err(text)?;
    let archive = folder.join("http-echo.tar");
    run(Command::new("tar")
        .arg("-C")
        .arg(folder)
        .arg("-cf")
        .arg(&archive)
        .args(["layer.tar", "config.json", "manifest.json"]))?;
    Ok(archive)
}
