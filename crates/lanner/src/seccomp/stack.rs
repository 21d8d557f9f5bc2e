//! Who called: the stack of a thread that stands still.
//!
//! Frames come from the unwind information that programs and libraries carry (`.eh_frame`), or
//! from frame pointers where there is none. Where neither leads on, what is on the stack and could
//! be a return address is shown as a guess. Names are those of ELF symbol tables.

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use framehop::{
    CacheNative, ExplicitModuleSectionInfo, FrameAddress, MayAllocateDuringUnwind, Module,
    Unwinder, UnwinderNative,
};
use lanner_seccomp::supervise::{Registers, Task};
use object::read::ReadCache;
use object::{Object, ObjectSection, ObjectSegment, ObjectSymbol, SymbolKind};
use serde_json::{Value, json};

/// Frames shown of a stack.
const MOST_FRAMES: usize = 32;
/// Bytes of stack that are read.
const STACK: usize = 256 << 10;
/// Words of stack that guesses are made from.
const GUESSED_WORDS: usize = 2048;
/// Larger unwind information is not read.
const MOST_UNWIND: u64 = 64 << 20;
/// Symbols kept of a file.
const MOST_SYMBOLS: usize = 1 << 20;
/// Files of which the tables are kept.
const MOST_FILES: usize = 256;

/// One frame.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// Where it is executing, or will return to.
    pub(crate) address: u64,
    /// The mapping there, by its path; empty for memory without a file.
    pub(crate) module: String,
    /// The address in the file's own terms.
    pub(crate) offset: u64,
    /// The function, and how far into it.
    pub(crate) symbol: Option<(String, u64)>,
    /// It may be none: a word on the stack that could be a return address.
    pub(crate) guessed: bool,
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.module.rsplit('/').next().unwrap_or_default();
        let mut text = String::new();
        match &self.symbol {
            Some((name, into)) => write!(text, "{name}+{into:#x}")?,
            None if file.is_empty() => write!(text, "?? {:#x}", self.address)?,
            None => write!(text, "?? ({file}+{:#x})", self.offset)?,
        }
        if self.symbol.is_some() && !file.is_empty() {
            write!(text, " ({file})")?;
        }
        if self.guessed {
            text.push_str(" ?");
        }
        f.write_str(&text)
    }
}

impl Frame {
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "address": format!("{:#x}", self.address),
            "module": self.module,
            "offset": format!("{:#x}", self.offset),
            "symbol": self.symbol.as_ref().map(|(name, _)| name),
            "guessed": self.guessed,
        })
    }
}

/// What is kept of a file.
struct Tables {
    /// Where the file says that its segments go: address and place in the file.
    segments: Vec<(u64, Range<u64>)>,
    sections: ExplicitModuleSectionInfo<Arc<[u8]>>,
    /// Functions by address, with their lengths (0: unknown).
    symbols: Vec<(u64, u64, String)>,
}

/// Follows stacks. Keeps what it has read of files.
#[derive(Default)]
pub(crate) struct Stacks {
    files: HashMap<(u64, u64, String), Option<Arc<Tables>>>,
}

/// One executable mapping of a process.
struct Mapping {
    range: Range<u64>,
    path: String,
    tables: Option<Arc<Tables>>,
    /// What to add to the file's addresses.
    bias: u64,
}

impl Stacks {
    /// The stack of a thread that stands still; empty if it cannot be read.
    pub(crate) fn of(&mut self, task: &Task) -> Vec<Frame> {
        let Ok(memory) = task.memory() else {
            return Vec::new();
        };
        // Of the thread, not of its process, whose first thread may be gone.
        let mappings = self.mappings(task.tid);
        let registers = task.registers();
        let mut stack = vec![0; STACK];
        let at = registers.sp;
        let len = read_most(&memory, &mut stack, at);
        stack.truncate(len);
        let mut read = |address: u64| {
            let from = address.checked_sub(at).ok_or(())? as usize;
            let bytes = stack.get(from..from.saturating_add(8)).ok_or(())?;
            Ok(u64::from_ne_bytes(bytes.try_into().map_err(|_| ())?))
        };
        let (mut addresses, ended) = unwind(&mappings, registers, &mut read);
        let unwound = addresses.len();
        if !ended && unwound < 3 {
            let words = stack.chunks_exact(8).take(GUESSED_WORDS);
            let words = words.filter_map(|w| Some(u64::from_ne_bytes(w.try_into().ok()?)));
            let calls = words.filter(|w| follows_call(&mappings, &memory, *w));
            addresses.extend(calls.take(MOST_FRAMES - unwound));
        }
        let frames = addresses.into_iter().enumerate();
        frames
            .map(|(i, address)| frame(&mappings, address, i > 0, i >= unwound))
            .collect()
    }

    fn mappings(&mut self, pid: i32) -> Vec<Mapping> {
        let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap_or_default();
        maps.lines()
            .filter_map(|line| self.mapping(pid, line))
            .collect()
    }

    /// A line of /proc/PID/maps: `START-END PERMISSIONS OFFSET DEVICE INODE PATH`.
    fn mapping(&mut self, pid: i32, line: &str) -> Option<Mapping> {
        let mut cells = line.splitn(6, ' ');
        let (start, end) = cells.next()?.split_once('-')?;
        let hex = |text: &str| u64::from_str_radix(text, 16).ok();
        let range = hex(start)?..hex(end)?;
        if !cells.next()?.contains('x') {
            return None;
        }
        let offset = hex(cells.next()?)?;
        let device = cells.next()?;
        let inode: u64 = cells.next()?.parse().ok()?;
        let path = cells.next().unwrap_or_default().trim_start().to_owned();
        let tables = match inode {
            0 => None,
            // The device as text is as good a key as any.
            _ => self.tables(pid, (inode, hex(&device.replace(':', ""))?, path.clone())),
        };
        let bias = tables.as_ref().and_then(|t| {
            let segment = t.segments.iter().find(|(_, file)| {
                // Segments are mapped from the page that they start in.
                (file.start & !0xfff..file.end).contains(&offset)
            })?;
            let address = segment.0.wrapping_add(offset).wrapping_sub(segment.1.start);
            Some(range.start.wrapping_sub(address))
        });
        Some(Mapping {
            bias: bias.unwrap_or(range.start.wrapping_sub(offset)),
            range,
            path,
            tables: tables.filter(|_| bias.is_some()),
        })
    }

    fn tables(&mut self, pid: i32, key: (u64, u64, String)) -> Option<Arc<Tables>> {
        if let Some(known) = self.files.get(&key) {
            return known.clone();
        }
        if self.files.len() >= MOST_FILES {
            self.files.clear();
        }
        let path = key.2.trim_end_matches(" (deleted)");
        // As the process sees it, which may be another root.
        let seen = format!("/proc/{pid}/root{path}");
        let tables = read_tables(Path::new(&seen)).map(Arc::new);
        self.files.insert(key, tables.clone());
        tables
    }
}

/// Reads up to the end of what is mapped.
fn read_most(memory: &File, into: &mut [u8], address: u64) -> usize {
    let mut len = 0;
    while len < into.len() {
        let at = address.wrapping_add(len as u64);
        let most = (into.len() - len).min((4096 - at % 4096) as usize);
        match memory.read_at(&mut into[len..len + most], at) {
            Ok(read @ 1..) => len += read,
            _ => break,
        }
    }
    len
}

/// Return addresses, and whether the end of the stack was found.
fn unwind(
    mappings: &[Mapping],
    registers: Registers,
    read: &mut dyn FnMut(u64) -> Result<u64, ()>,
) -> (Vec<u64>, bool) {
    let mut unwinder: UnwinderNative<Arc<[u8]>, MayAllocateDuringUnwind> = UnwinderNative::new();
    for mapping in mappings {
        let Some(tables) = &mapping.tables else {
            continue;
        };
        unwinder.add_module(Module::new(
            mapping.path.clone(),
            mapping.range.clone(),
            mapping.bias,
            clone_sections(&tables.sections),
        ));
    }
    let mut cache = CacheNative::new();
    let mut read = read;
    let start = start_registers(registers);
    let mut frames = unwinder.iter_frames(registers.ip, start, &mut cache, &mut read);
    let mut found = Vec::new();
    while found.len() < MOST_FRAMES {
        match frames.next() {
            Ok(Some(frame)) => found.push(match frame {
                FrameAddress::InstructionPointer(address) => address,
                FrameAddress::ReturnAddress(address) => address.get(),
            }),
            Ok(None) => return (found, true),
            Err(_) => return (found, false),
        }
    }
    (found, true)
}

#[cfg(target_arch = "x86_64")]
fn start_registers(registers: Registers) -> framehop::x86_64::UnwindRegsX86_64 {
    framehop::x86_64::UnwindRegsX86_64::new(registers.ip, registers.sp, registers.fp)
}

#[cfg(target_arch = "aarch64")]
fn start_registers(registers: Registers) -> framehop::aarch64::UnwindRegsAarch64 {
    framehop::aarch64::UnwindRegsAarch64::new(registers.lr, registers.sp, registers.fp)
}

fn clone_sections(
    s: &ExplicitModuleSectionInfo<Arc<[u8]>>,
) -> ExplicitModuleSectionInfo<Arc<[u8]>> {
    ExplicitModuleSectionInfo {
        text_svma: s.text_svma.clone(),
        got_svma: s.got_svma.clone(),
        eh_frame_svma: s.eh_frame_svma.clone(),
        eh_frame: s.eh_frame.clone(),
        eh_frame_hdr_svma: s.eh_frame_hdr_svma.clone(),
        eh_frame_hdr: s.eh_frame_hdr.clone(),
        ..ExplicitModuleSectionInfo::default()
    }
}

/// Whether a word points behind a call instruction of an executable mapping.
fn follows_call(mappings: &[Mapping], memory: &File, word: u64) -> bool {
    if !mappings.iter().any(|m| m.range.contains(&word)) {
        return false;
    }
    if !cfg!(target_arch = "x86_64") {
        return word.is_multiple_of(4);
    }
    let mut before = [0; 7];
    let Some(from) = word.checked_sub(7) else {
        return false;
    };
    if memory.read_at(&mut before, from).ok() != Some(7) {
        return false;
    }
    // call rel32; call r/m with no, one or four bytes of displacement.
    let indirect = |at: usize| before[at] == 0xff && before[at + 1] & 0x38 == 0x10;
    before[2] == 0xe8 || indirect(5) || indirect(4) || indirect(1)
}

fn frame(mappings: &[Mapping], address: u64, returned_to: bool, guessed: bool) -> Frame {
    let mapping = mappings.iter().find(|m| m.range.contains(&address));
    let offset = mapping.map_or(0, |m| address.wrapping_sub(m.bias));
    // A call may be the last thing that a function does.
    let inside = offset.wrapping_sub(u64::from(returned_to));
    let symbol = mapping.and_then(|m| m.tables.as_ref()).and_then(|t| {
        let after = t.symbols.partition_point(|(start, ..)| *start <= inside);
        let (start, len, name) = &t.symbols[after.checked_sub(1)?];
        let within = *len == 0 || inside - start < *len;
        within.then(|| {
            (
                format!("{:#}", rustc_demangle::demangle(name)),
                offset - start,
            )
        })
    });
    Frame {
        address,
        module: mapping.map_or_else(String::new, |m| m.path.clone()),
        offset,
        symbol,
        guessed,
    }
}

fn read_tables(path: &Path) -> Option<Tables> {
    let cache = ReadCache::new(File::open(path).ok()?);
    let file = object::File::parse(&cache).ok()?;
    let segments = file.segments().map(|s| {
        let (start, len) = s.file_range();
        (s.address(), start..start.saturating_add(len))
    });
    let segments = segments.collect();
    let range = |name: &str| {
        let section = file.section_by_name(name)?;
        Some(section.address()..section.address().checked_add(section.size())?)
    };
    let data = |name: &str| -> Option<Arc<[u8]>> {
        let section = file.section_by_name(name)?;
        if section.size() > MOST_UNWIND {
            return None;
        }
        Some(section.data().ok()?.into())
    };
    let sections = ExplicitModuleSectionInfo {
        text_svma: range(".text"),
        got_svma: range(".got"),
        eh_frame_svma: range(".eh_frame"),
        eh_frame: data(".eh_frame"),
        eh_frame_hdr_svma: range(".eh_frame_hdr"),
        eh_frame_hdr: data(".eh_frame_hdr"),
        ..ExplicitModuleSectionInfo::default()
    };
    let all = file.symbols().chain(file.dynamic_symbols());
    let functions = all.filter(|s| s.kind() == SymbolKind::Text && s.is_definition());
    let named = functions.filter_map(|s| Some((s.address(), s.size(), s.name().ok()?.to_owned())));
    let mut symbols: Vec<(u64, u64, String)> = named.take(MOST_SYMBOLS).collect();
    // Of several names the shortest tends to be the one that people know.
    symbols.sort_by(|a, b| (a.0, a.2.len(), &a.2).cmp(&(b.0, b.2.len(), &b.2)));
    symbols.dedup_by_key(|s| s.0);
    Some(Tables {
        segments,
        sections,
        symbols,
    })
}
