//! What every verb does first: pods whose supervisor was killed get a new one, which picks up what
//! runs and takes away what does not.

use anyhow::Result;
use lanner_pod::home::{Home, PodHome};

use super::supervise;

/// Looks after every pod.
pub(crate) fn run(home: &Home) -> Result<()> {
    for pod in home.pods()? {
        one(home, &pod)?;
    }
    Ok(())
}

fn one(home: &Home, pod: &PodHome) -> Result<()> {
    // A damaged state is shown by the verbs that need it.
    let Ok(Some(record)) = pod.read() else {
        return Ok(());
    };
    let supervised = record.supervisor.is_some_and(|p| p.is_alive());
    if supervised || record.machine.is_over() && record.live.is_empty() && record.sandbox.is_none()
    {
        return Ok(());
    }
    // Somebody else may be about to: then the lock is taken, and so it will be for the new one.
    if pod.try_lock()?.is_some() {
        supervise::spawn(home, pod)?;
    }
    Ok(())
}
