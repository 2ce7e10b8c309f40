//! What Linux says about processes: their CPU time and their memory, and how busy the machine is.

use std::{fs, path::Path};

/// Milliseconds of a tick: `CLK_TCK` is 100 on every Linux we run on.
const TICK: f64 = 10.0;

/// The CPU time of a process with all its threads, in milliseconds. A process that is gone has
/// none.
pub fn cpu(pid: u32) -> f64 {
    stat(pid).map_or(0.0, |it| it.own * TICK)
}

/// The same of the threads of a process whose names begin like this.
pub fn cpu_of_threads(pid: u32, name: &str) -> f64 {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let named = tasks.filter(|it| {
        fs::read_to_string(it.path().join("comm")).is_ok_and(|comm| comm.starts_with(name))
    });
    named.filter_map(|it| stat_of(&it.path().join("stat"))).map(|it| it.own * TICK).sum()
}

/// The same of a process and of its children, those that have ended too.
pub fn cpu_of_family(pid: u32) -> f64 {
    let Some(parent) = stat(pid) else { return 0.0 };
    let children = processes().filter_map(stat).filter(|it| it.parent == pid);
    (parent.own + parent.ended + children.map(|it| it.own).sum::<f64>()) * TICK
}

pub fn parent(pid: u32) -> Option<u32> {
    stat(pid).map(|it| it.parent)
}

/// Resident memory in MiB.
pub fn resident(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"));
    line.and_then(|it| it.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or(0.0) / 1_024.0
}

/// The CPU time of all cores so far, in milliseconds.
#[derive(Debug, Clone, Copy, Default)]
pub struct Machine {
    pub busy: f64,
    /// Time that the hypervisor gave to other machines (steal).
    pub stolen: f64,
}

pub fn machine() -> Machine {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let first = text.lines().next().unwrap_or_default();
    let ticks: Vec<f64> =
        first.split_whitespace().skip(1).filter_map(|it| it.parse().ok()).collect();
    let at = |index: usize| ticks.get(index).copied().unwrap_or(0.0) * TICK;
    // user, nice, system, (idle, iowait,) irq, softirq, steal
    let busy = [0, 1, 2, 5, 6].into_iter().map(at).sum();
    Machine { busy, stolen: at(7) }
}

pub fn cores() -> f64 {
    std::thread::available_parallelism().map_or(1.0, |it| it.get() as f64)
}

/// The machine in a few words.
pub fn description() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let (cpus, memory) = (read("/proc/cpuinfo"), read("/proc/meminfo"));
    let after = |text: &str, name: &str| {
        let line = text.lines().find(|it| it.starts_with(name))?;
        line.split_once(':').map(|it| it.1.trim().to_owned())
    };
    let model = after(&cpus, "model name").unwrap_or_else(|| "unknown processor".into());
    let cores = cores();
    let memory = after(&memory, "MemTotal").unwrap_or_default();
    let kib: f64 = memory.split_whitespace().next().and_then(|it| it.parse().ok()).unwrap_or(0.0);
    let kernel = read("/proc/sys/kernel/osrelease");
    let gib = kib / 1_048_576.0;
    format!("{cores} × {model}, {gib:.0} GiB, Linux {}", kernel.trim())
}

/// The load of the last minute.
pub fn load() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().and_then(|it| it.parse().ok()).unwrap_or(0.0)
}

struct Stat {
    parent: u32,
    own: f64,
    /// Of children that have ended and were waited for.
    ended: f64,
}

fn stat(pid: u32) -> Option<Stat> {
    stat_of(Path::new(&format!("/proc/{pid}/stat")))
}

fn stat_of(file: &Path) -> Option<Stat> {
    let text = fs::read_to_string(file).ok()?;
    // Behind the name in brackets: state, parent, …, user and system time, those of children.
    let fields: Vec<&str> = text.rsplit(')').next()?.split_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<f64>().ok();
    let parent = fields.get(1)?.parse().ok()?;
    Some(Stat { parent, own: number(11)? + number(12)?, ended: number(13)? + number(14)? })
}

fn processes() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir(Path::new("/proc")).into_iter().flatten().flatten();
    entries.filter_map(|it| it.file_name().to_str()?.parse().ok())
}
