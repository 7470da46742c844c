//! CPU time and memory of a process, as Linux accounts them.

use anyhow::Error;
use std::{fs, path::Path, time::Duration};

/// CPU time since the process began, of all threads, including those that have ended.
#[cfg(target_os = "linux")]
pub fn cpu_time(process: i32) -> Result<Duration, Error> {
    // Exact to the nanosecond; /proc/PID/stat counts hundredths of a second.
    nix::time::clock_getcpuclockid(nix::unistd::Pid::from_raw(process))
        .and_then(nix::time::ClockId::now)
        .map(Duration::from)
        .map_err(|error| {
            Error::msg(format!(
                "cannot read the CPU time of process {process}: {error}"
            ))
        })
}

#[cfg(not(target_os = "linux"))]
pub fn cpu_time(process: i32) -> Result<Duration, Error> {
    Err(Error::msg(format!(
        "cannot read the CPU time of process {process} on this system"
    )))
}

/// The maximum number of bytes of memory that the process has held so far.
pub fn peak_memory(process: i32) -> Result<u64, Error> {
    let path = format!("/proc/{process}/status");
    let status = fs::read_to_string(&path).map_err(|error| {
        Error::msg(format!(
            "cannot read {}: {error}",
            Path::new(&path).display()
        ))
    })?;
    high_water(&status).ok_or_else(|| Error::msg(format!("{path} has no VmHWM")))
}

fn high_water(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::high_water;

    #[test]
    fn high_water_mark_is_read_as_linux_writes_it() {
        let status = "Name:\tworkerd\nVmPeak:\t  99 kB\nVmHWM:\t    2048 kB\nVmRSS:\t  7 kB\n";
        assert_eq!(high_water(status), Some(2_097_152));
        assert_eq!(high_water("Name:\tworkerd\n"), None);
    }
}
