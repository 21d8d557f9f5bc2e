//! Builds the probe's object. It is committed, so only who changes the probe needs clang; with
//! the pinned version the bytes are the same in every folder.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

const CLANG: &str = "clang-14";
const OBJCOPY: &str = "llvm-objcopy-14";
const STRIP: &str = "llvm-strip-14";
const OBJECT: &str = "crates/probe/src/probe.bpf.o";

pub fn run(check: bool) -> Result<()> {
    let root = crate::root();
    let dir = root.join("target/bpf");
    fs::create_dir_all(&dir)?;
    let built = dir.join("probe.bpf.o");
    build(&root, &built)?;
    let (new, object) = (fs::read(&built)?, root.join(OBJECT));
    if fs::read(&object).ok().as_deref() == Some(&new) {
        return Ok(());
    }
    ensure!(
        !check,
        "{OBJECT} is not what bpf/ builds; run `cargo xtask bpf` with {CLANG}"
    );
    fs::write(&object, new).with_context(|| format!("writing {OBJECT}"))?;
    println!("wrote {OBJECT}");
    Ok(())
}

fn build(root: &Path, object: &Path) -> Result<()> {
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
            "bpf/probe.bpf.c",
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
