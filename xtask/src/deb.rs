//! Builds the Debian package from `packaging/`: a tree of what is installed and one of control
//! files, given to `dpkg-deb`. The same commit gives the same bytes: times are those of the commit,
//! owners are root, and modes are set here.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::dist::{folder, output, run_tool};

/// Files copied as they are: in this tree, and where they are installed.
const FILES: &[(&str, &str)] = &[
    ("packaging/falco.yaml", "etc/falco/falco.yaml"),
    ("rules/lanner_rules.yaml", "etc/falco/falco_rules.yaml"),
    (
        "packaging/falco_rules.local.yaml",
        "etc/falco/falco_rules.local.yaml",
    ),
    (
        "packaging/falco.service",
        "usr/lib/systemd/system/falco.service",
    ),
    (
        "packaging/debian/copyright",
        "usr/share/doc/lanner/copyright",
    ),
    ("README.md", "usr/share/doc/lanner/README.md"),
    ("docs/operate.md", "usr/share/doc/lanner/operate.md"),
    ("docs/outputs.md", "usr/share/doc/lanner/outputs.md"),
    (
        "docs/falco-differences.md",
        "usr/share/doc/lanner/falco-differences.md",
    ),
    (
        "examples/monitor_rules.yml",
        "usr/share/doc/lanner/examples/monitor_rules.yml",
    ),
    (
        "packaging/debian/lintian-overrides",
        "usr/share/lintian/overrides/lanner",
    ),
];

/// Folders that are installed empty.
const FOLDERS: &[&str] = &["etc/falco/config.d", "etc/falco/rules.d"];

/// Links: what they lead to, and where they are.
const LINKS: &[(&str, &str)] = &[
    ("lanner", "usr/bin/falco"),
    ("falco.service", "usr/lib/systemd/system/lanner.service"),
    (
        "falco.service",
        "usr/lib/systemd/system/falco-modern-bpf.service",
    ),
];

/// What `dpkg` runs.
const SCRIPTS: &[&str] = &["preinst", "postinst", "prerm", "postrm"];

/// Builds the package of a static binary; its path.
pub fn build(binary: &Path, version: &str) -> Result<PathBuf> {
    let tree = folder().join("deb");
    if tree.exists() {
        fs::remove_dir_all(&tree)?;
    }
    install(&tree, binary, version)?;
    control(&tree, version)?;
    let package = folder().join(format!("lanner_{version}_amd64.deb"));
    pack(&tree, &package)?;
    image(&tree)?;
    Ok(package)
}

/// Lays out what `packaging/Containerfile` takes: the binary and the configuration.
fn image(tree: &Path) -> Result<()> {
    let image = folder().join("image");
    if image.exists() {
        fs::remove_dir_all(&image)?;
    }
    for part in ["usr/bin", "etc"] {
        let to = image.join(part);
        fs::create_dir_all(to.parent().unwrap_or(&image))?;
        run_tool(Command::new("cp").arg("-a").args([&tree.join(part), &to]))?;
    }
    place(
        &crate::root().join("packaging/container.yaml"),
        &image.join("etc/falco/config.d/container.yaml"),
        0o644,
    )
}

/// Lays out what the package installs.
fn install(tree: &Path, binary: &Path, version: &str) -> Result<()> {
    let root = crate::root();
    place(binary, &tree.join("usr/bin/lanner"), 0o755)?;
    for (from, to) in FILES {
        place(&root.join(from), &tree.join(to), 0o644)?;
    }
    for dir in FOLDERS {
        fs::create_dir_all(tree.join(dir))?;
    }
    for (target, link) in LINKS {
        symlink(target, tree.join(link)).with_context(|| format!("linking {link}"))?;
    }
    let man = tree.join("usr/share/man/man1");
    run_tool(Command::new(binary).arg("man").arg(&man))?;
    for page in entries(&man)? {
        compress(&page)?;
    }
    for name in ["lanner", "falco"] {
        for (shell, file) in [
            ("bash", format!("bash-completion/completions/{name}")),
            ("zsh", format!("zsh/vendor-completions/_{name}")),
            ("fish", format!("fish/vendor_completions.d/{name}.fish")),
        ] {
            let script = output(Command::new(binary).args(["completions", shell, "--name", name]))?;
            write(&tree.join("usr/share").join(file), &script, 0o644)?;
        }
    }
    let changelog = fill("changelog", version, "")?.replace("@DATE@", commit("%aD")?.trim());
    let file = tree
        .join("usr/share/doc/lanner/changelog.gz")
        .with_extension("");
    write(&file, changelog.as_bytes(), 0o644)?;
    compress(&file)
}

/// Writes the control files.
fn control(tree: &Path, version: &str) -> Result<()> {
    let dir = tree.join("DEBIAN");
    let mut files = Vec::new();
    for top in ["etc", "usr"] {
        walk(&tree.join(top), &mut files)?;
    }
    let bytes: u64 = files
        .iter()
        .map(|f| fs::metadata(f).map_or(0, |m| m.len()))
        .sum();
    let size = bytes.div_ceil(1024).to_string();
    write(
        &dir.join("control"),
        fill("control", version, &size)?.as_bytes(),
        0o644,
    )?;
    for script in SCRIPTS {
        let from = crate::root().join("packaging/debian").join(script);
        place(&from, &dir.join(script), 0o755)?;
    }
    let (mut conffiles, mut sums) = (String::new(), String::new());
    for file in &files {
        let name = file.strip_prefix(tree)?.to_string_lossy();
        if name.starts_with("etc/") {
            conffiles.push_str(&format!("/{name}\n"));
            continue;
        }
        let sum = output(Command::new("md5sum").arg("--").arg(file))?;
        let sum = String::from_utf8_lossy(&sum);
        let sum = sum.split_whitespace().next().unwrap_or_default();
        sums.push_str(&format!("{sum}  {name}\n"));
    }
    write(&dir.join("conffiles"), conffiles.as_bytes(), 0o644)?;
    write(&dir.join("md5sums"), sums.as_bytes(), 0o644)
}

/// Packs a tree.
pub fn pack(tree: &Path, package: &Path) -> Result<()> {
    run_tool(Command::new("chmod").args(["-R", "u=rwX,go=rX"]).arg(tree))?;
    let epoch = commit("%ct")?;
    let status = Command::new("dpkg-deb")
        .args(["--root-owner-group", "-Zxz", "--build"])
        .args([tree, package])
        .env("SOURCE_DATE_EPOCH", epoch.trim())
        .stdout(std::process::Stdio::null())
        .status()
        .context("dpkg-deb cannot be started")?;
    ensure!(status.success(), "dpkg-deb failed ({status})");
    Ok(())
}

/// A template of `packaging/debian`, filled.
fn fill(name: &str, version: &str, size: &str) -> Result<String> {
    let file = crate::root().join("packaging/debian").join(name);
    let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    Ok(text.replace("@VERSION@", version).replace("@SIZE@", size))
}

/// A fact of the commit that is checked out.
fn commit(format: &str) -> Result<String> {
    let text = output(
        Command::new("git")
            .args(["log", "-1", &format!("--format={format}")])
            .current_dir(crate::root()),
    )?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// The regular files below a folder, sorted.
fn walk(dir: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for path in entries(dir)? {
        let kind = fs::symlink_metadata(&path)?.file_type();
        if kind.is_dir() {
            walk(&path, files)?;
        } else if kind.is_file() {
            files.push(path);
        }
    }
    Ok(())
}

fn entries(dir: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(dir).with_context(|| dir.display().to_string())?;
    let mut paths = entries
        .map(|e| Ok(e?.path()))
        .collect::<Result<Vec<PathBuf>>>()?;
    paths.sort();
    Ok(paths)
}

fn place(from: &Path, to: &Path, mode: u32) -> Result<()> {
    let bytes = fs::read(from).with_context(|| from.display().to_string())?;
    write(to, &bytes, mode)
}

fn write(to: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(to, bytes).with_context(|| to.display().to_string())?;
    fs::set_permissions(to, fs::Permissions::from_mode(mode))?;
    Ok(())
}

/// Replaces a file by its compressed form, which has no time and no name in it.
fn compress(file: &Path) -> Result<()> {
    run_tool(Command::new("gzip").args(["-9", "-n"]).arg(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_there() {
        for (file, _) in FILES {
            assert!(crate::root().join(file).is_file(), "{file}");
        }
        for script in SCRIPTS {
            let script = crate::root().join("packaging/debian").join(script);
            run_tool(Command::new("sh").arg("-n").arg(&script)).unwrap();
        }
    }

    #[test]
    fn systemd_accepts_the_unit() {
        let analyze = "/usr/bin/systemd-analyze";
        if !Path::new(analyze).exists() {
            return;
        }
        let unit = crate::root().join("packaging/falco.service");
        let text = fs::read_to_string(unit).unwrap();
        // Nothing is installed where tests run.
        let text = text.replace("ExecStart=/usr/bin/falco", "ExecStart=/bin/true");
        let dir = crate::root().join("target/tmp/unit");
        write(&dir.join("falco.service"), text.as_bytes(), 0o644).unwrap();
        let output = Command::new(analyze)
            .args(["verify", "--man=no"])
            .arg(dir.join("falco.service"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.is_empty(), "{said}");
    }
}
