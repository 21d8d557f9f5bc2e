//! Builds the BPF objects. They are committed, so only who changes them needs clang; with the
//! pinned version the bytes are the same in every folder.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

const CLANG: &str = "clang-14";
const OBJCOPY: &str = "llvm-objcopy-14";
const STRIP: &str = "llvm-strip-14";
/// Sources in `bpf/`, and objects in `crates/probe/src/`.
const OBJECTS: [&str; 2] = ["probe", "recorder"];

pub fn run(check: bool) -> Result<()> {
    OBJECTS.iter().try_for_each(|name| make(name, check))
}

fn make(name: &str, check: bool) -> Result<()> {
    let root = crate::root();
    let dir = root.join("target/bpf");
    fs::create_dir_all(&dir)?;
    let built = dir.join(format!("{name}.bpf.o"));
    build(&root, &format!("bpf/{name}.bpf.c"), &built)?;
    let kept = format!("crates/probe/src/{name}.bpf.o");
    let (new, object) = (fs::read(&built)?, root.join(&kept));
    if fs::read(&object).ok().as_deref() == Some(&new) {
        return Ok(());
    }
    ensure!(
        !check,
        "{kept} is not what bpf/ builds; run `cargo xtask bpf` with {CLANG}"
    );
    fs::write(&object, new).with_context(|| format!("writing {kept}"))?;
    println!("wrote {kept}");
    Ok(())
}

fn build(root: &Path, source: &str, object: &Path) -> Result<()> {
    let object = object.to_string_lossy();
    let map = format!("-ffile-prefix-map={}=.", root.display());
    command(
        root,
        CLANG,
        &[
            "-target",
            "bpf",
            "-mcpu=v3",
            "-O2",
            // Type information, without which there is no CO-RE.
            "-g",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-Wno-unused-parameter",
            "-Wno-sign-compare",
            &map,
            "-I",
            "bpf",
            "-c",
            source,
            "-o",
            &object,
        ],
    )?;
    command(root, STRIP, &["-g", &object])?;
    // Relocations of the type information: only linkers read them.
    let sections = [
        "-R",
        ".rel.BTF",
        "-R",
        ".rel.BTF.ext",
        "-R",
        ".llvm_addrsig",
    ];
    let mut args = sections.to_vec();
    args.push(&object);
    command(root, OBJCOPY, &args)
}

fn command(root: &Path, name: &str, args: &[&str]) -> Result<()> {
    let status = Command::new(name)
        .args(args)
        .current_dir(root)
        .status()
        .with_context(|| format!("{name} cannot be started; `cargo xtask setup` installs it"))?;
    ensure!(status.success(), "{name} failed ({status})");
    Ok(())
}
