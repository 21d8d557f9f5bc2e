// What the engine tells the shim, and the shim the engine. Both include this file.

/// The orders: this at the start of the memory file, what it refers to behind it. Offsets are from
/// the start; lists of offsets end with 0; texts end with NUL.
#[repr(C)]
struct Block {
    /// Bytes of the whole file.
    total: u64,
    /// The step that was reached, one of `STEP_…`.
    step: u32,
    /// Why it failed; 0 if it did not.
    errno: u32,
    flags: u32,
    /// Instructions of the filter; 0 for none.
    filter_len: u32,
    /// Flags of seccomp(2).
    filter_flags: u32,
    uid: u32,
    gid: u32,
    group_count: u32,
    login_len: u32,
    reserved: u32,
    /// Capabilities that the container has: its bounding set.
    caps: u64,
    /// Instructions, 8 bytes each.
    filter: u64,
    /// Numbers of 32 bits.
    groups: u64,
    /// What to write to `/proc/self/loginuid`; nothing if `login_len` is 0.
    login: u64,
    /// A path.
    cwd: u64,
    /// Lists of offsets: arguments, environment, and where the program may be.
    argv: u64,
    envp: u64,
    programs: u64,
}

const FLAG_NO_NEW_PRIVS: u32 = 1;
/// Hold namespaces instead of starting a program.
const FLAG_PAUSE: u32 = 2;

const STEP_SESSION: u32 = 1;
const STEP_FIND: u32 = 2;
const STEP_BOUNDING: u32 = 3;
const STEP_GROUPS: u32 = 4;
const STEP_GID: u32 = 5;
const STEP_UID: u32 = 6;
const STEP_CWD: u32 = 7;
const STEP_CAPS: u32 = 8;
const STEP_NO_NEW_PRIVS: u32 = 9;
const STEP_FILTER: u32 = 10;
const STEP_EXEC: u32 = 11;
