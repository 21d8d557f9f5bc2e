//! The orders of the shim, as a memory file.

use std::ffi::CString;
use std::fs::File;
use std::io::{self, Write};
use std::mem::{offset_of, size_of};
use std::os::unix::fs::FileExt;

use lanner_seccomp::bpf::{Insn, to_bytes};
use lanner_seccomp::load::Flags;
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};

use crate::caps::CapSet;

include!("../../shim/block.rs");

/// The shim itself.
const SHIM: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/shim"));

/// What the shim is to do.
#[derive(Clone, Debug, Default)]
pub(crate) struct Orders {
    /// Hold namespaces instead of starting a program.
    pub(crate) pause: bool,
    pub(crate) no_new_privs: bool,
    /// The filter and how it is loaded.
    pub(crate) filter: Option<(Vec<Insn>, Flags)>,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) groups: Vec<u32>,
    pub(crate) caps: CapSet,
    pub(crate) cwd: String,
    pub(crate) argv: Vec<String>,
    pub(crate) env: Vec<(String, String)>,
    /// The user under which an audit session of its own begins; none if no session begins.
    pub(crate) login: Option<u32>,
}

/// How far the shim got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reached {
    pub(crate) step: u32,
    /// 0 if it was not refused anything.
    pub(crate) errno: i32,
}

impl Reached {
    /// Whether the program of the container was about to be executed.
    pub(crate) fn executed(self) -> bool {
        self.step == STEP_EXEC && self.errno == 0
    }

    /// Why there is no program, in runc's words.
    pub(crate) fn message(self, orders: &Orders) -> String {
        let error = go_error(self.errno);
        let program = orders.argv.first().map_or("", String::as_str);
        match self.step {
            0 | STEP_SESSION => "the shim did not begin".to_owned(),
            STEP_FIND if self.errno == libc::ENOENT && !program.contains('/') => {
                format!("exec: \"{program}\": executable file not found in $PATH")
            }
            STEP_FIND if self.errno == libc::ENOENT => {
                format!("exec: \"{program}\": stat {program}: no such file or directory")
            }
            STEP_FIND => format!("exec: \"{program}\": permission denied"),
            STEP_BOUNDING | STEP_CAPS => format!("unable to apply caps: {error}"),
            STEP_GROUPS | STEP_GID | STEP_UID => format!("unable to set up user: {error}"),
            STEP_CWD => format!(
                "chdir to cwd (\"{}\") set in config.json failed: {error}",
                orders.cwd
            ),
            STEP_NO_NEW_PRIVS => format!("unable to set no_new_privs: {error}"),
            STEP_FILTER => format!("unable to init seccomp: {error}"),
            STEP_EXEC => format!("exec {program}: {error}"),
            step => format!("the shim failed at step {step}: {error}"),
        }
    }
}

/// An errno as Go words it.
fn go_error(errno: i32) -> String {
    let text = io::Error::from_raw_os_error(errno).to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// A memory file that nobody can change: the shim.
pub(crate) fn shim() -> io::Result<File> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let mut file = File::from(memfd_create("lanner-shim", flags)?);
    file.write_all(SHIM)?;
    let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
    fcntl_add_seals(&file, seals)?;
    Ok(file)
}

/// The orders in a memory file that the shim shares.
pub(crate) fn write(orders: &Orders) -> io::Result<File> {
    let bytes = encode(orders)?;
    let mut file = File::from(memfd_create("lanner-orders", MemfdFlags::CLOEXEC)?);
    file.write_all(&bytes)?;
    Ok(file)
}

/// What the shim has noted.
pub(crate) fn reached(file: &File) -> io::Result<Reached> {
    let number = |at: usize| {
        let mut bytes = [0; 4];
        file.read_exact_at(&mut bytes, at as u64)?;
        io::Result::Ok(u32::from_le_bytes(bytes))
    };
    Ok(Reached {
        step: number(offset_of!(Block, step))?,
        errno: number(offset_of!(Block, errno))? as i32,
    })
}

/// Builds the bytes of a block: texts and lists behind its head.
struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// Appends bytes at a multiple of 8 and returns where.
    fn put(&mut self, bytes: &[u8]) -> u64 {
        self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
        let at = self.bytes.len() as u64;
        self.bytes.extend_from_slice(bytes);
        at
    }

    fn text(&mut self, text: &str) -> io::Result<u64> {
        Ok(self.put(CString::new(text)?.as_bytes_with_nul()))
    }

    fn list<'a>(&mut self, texts: impl Iterator<Item = &'a str>) -> io::Result<u64> {
        let mut offsets = texts
            .map(|t| self.text(t))
            .collect::<io::Result<Vec<u64>>>()?;
        offsets.push(0);
        let bytes: Vec<u8> = offsets.iter().flat_map(|o| o.to_le_bytes()).collect();
        Ok(self.put(&bytes))
    }

    fn set(&mut self, at: usize, bytes: &[u8]) {
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }
}

fn encode(orders: &Orders) -> io::Result<Vec<u8>> {
    let mut writer = Writer {
        bytes: vec![0; size_of::<Block>()],
    };
    let env: Vec<String> = orders.env.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let argv = writer.list(orders.argv.iter().map(String::as_str))?;
    let envp = writer.list(env.iter().map(String::as_str))?;
    let programs = candidates(orders);
    let programs = writer.list(programs.iter().map(String::as_str))?;
    let cwd = writer.text(&orders.cwd)?;
    let groups: Vec<u8> = orders.groups.iter().flat_map(|g| g.to_le_bytes()).collect();
    let groups = writer.put(&groups);
    let login = orders.login.map(|uid| uid.to_string()).unwrap_or_default();
    let login_at = writer.put(login.as_bytes());
    let (program, flags) = match &orders.filter {
        Some((program, flags)) => (program.as_slice(), flags.bits()),
        None => (&[][..], 0),
    };
    let filter = writer.put(&to_bytes(program, false));
    // The kernel maps whole pages.
    let total = writer.bytes.len().next_multiple_of(4096);
    writer.bytes.resize(total, 0);
    let mut bits = 0;
    if orders.no_new_privs {
        bits |= FLAG_NO_NEW_PRIVS;
    }
    if orders.pause {
        bits |= FLAG_PAUSE;
    }
    for (at, value) in [
        (offset_of!(Block, total), total as u64),
        (offset_of!(Block, caps), orders.caps.0),
        (offset_of!(Block, filter), filter),
        (offset_of!(Block, groups), groups),
        (offset_of!(Block, login), login_at),
        (offset_of!(Block, cwd), cwd),
        (offset_of!(Block, argv), argv),
        (offset_of!(Block, envp), envp),
        (offset_of!(Block, programs), programs),
    ] {
        writer.set(at, &value.to_le_bytes());
    }
    for (at, value) in [
        (offset_of!(Block, flags), bits),
        (offset_of!(Block, filter_len), program.len() as u32),
        (offset_of!(Block, filter_flags), flags),
        (offset_of!(Block, uid), orders.uid),
        (offset_of!(Block, gid), orders.gid),
        (offset_of!(Block, group_count), orders.groups.len() as u32),
        (offset_of!(Block, login_len), login.len() as u32),
    ] {
        writer.set(at, &value.to_le_bytes());
    }
    Ok(writer.bytes)
}

/// Where the program may be: as it is named, or in each folder of PATH.
fn candidates(orders: &Orders) -> Vec<String> {
    let Some(program) = orders.argv.first().filter(|p| !p.is_empty()) else {
        return Vec::new();
    };
    if program.contains('/') {
        return vec![program.clone()];
    }
    let path = orders.env.iter().find(|(name, _)| name == "PATH");
    let path = path.map_or(DEFAULT_PATH, |(_, value)| value);
    path.split(':')
        .map(|folder| match folder {
            "" => program.clone(),
            folder => format!("{folder}/{program}"),
        })
        .collect()
}

/// PATH where neither the image nor the manifest sets it.
pub(crate) const DEFAULT_PATH: &str =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
