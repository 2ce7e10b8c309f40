//! A thread pool for computations. The thread that became idle last works next, because its memory
//! is still in the caches of its core. A channel would wake the thread that was idle for longest.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, Thread},
};

use argon2::Block;

use crate::{Error, Result};

pub(super) type Work = Box<dyn FnOnce(&mut Vec<Block>) + Send>;

/// The threads end with the pool, after the waiting work.
pub(super) struct ThreadPool(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    /// The maximum number of waiting jobs.
    queue: usize,
}

struct State {
    waiting: VecDeque<Work>,
    /// Sleeping threads, the most recent one last.
    asleep: Vec<Thread>,
    /// The number of threads without work, asleep or about to wake.
    idle: usize,
    is_closed: bool,
}

impl ThreadPool {
    pub fn start(name: &str, threads: usize, queue: usize) -> Result<ThreadPool> {
        let state = State {
            waiting: VecDeque::new(),
            asleep: Vec::with_capacity(threads),
            idle: threads,
            is_closed: false,
        };
        let pool = ThreadPool(Arc::new(Shared { state: Mutex::new(state), queue: queue.max(1) }));
        for number in 0..threads {
            let shared = pool.0.clone();
            let thread = thread::Builder::new().name(format!("{name}-{number}"));
            thread.spawn(move || shared.work()).map_err(Error::broken)?;
        }
        Ok(pool)
    }

    /// Queues work. Returns false if the queue is full.
    pub fn submit(&self, work: Work) -> bool {
        let mut state = self.0.lock();
        if state.waiting.len() >= self.0.queue + state.idle {
            return false;
        }
        state.waiting.push_back(work);
        let sleeper = state.asleep.pop();
        drop(state);
        if let Some(sleeper) = sleeper {
            sleeper.unpark();
        }
        true
    }
}

impl Drop for ThreadPool {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.is_closed = true;
        state.asleep.drain(..).for_each(|it| it.unpark());
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        let mut memory = Vec::new();
        while let Some(work) = self.next() {
            // A panic must not end the thread. Its memory is replaced.
            if catch_unwind(AssertUnwindSafe(|| work(&mut memory))).is_err() {
                memory = Vec::new();
            }
            self.lock().idle += 1;
        }
    }

    fn next(&self) -> Option<Work> {
        let mut state = self.lock();
        loop {
            if let Some(work) = state.waiting.pop_front() {
                state.idle -= 1;
                return Some(work);
            }
            if state.is_closed {
                return None;
            }
            let me = thread::current();
            let id = me.id();
            state.asleep.push(me);
            drop(state);
            thread::park();
            state = self.lock();
            // Wake-ups can be spurious.
            state.asleep.retain(|it| it.id() != id);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn all_asleep(pool: &ThreadPool, threads: usize) {
        while pool.0.lock().asleep.len() < threads {
            thread::yield_now();
        }
    }

    #[test]
    fn the_thread_that_worked_last_works_next() {
        let pool = ThreadPool::start("hasher", 4, 1).unwrap();
        let (tell, told) = mpsc::channel();
        let mut workers = Vec::new();
        for _ in 0..20 {
            all_asleep(&pool, 4);
            let tell = tell.clone();
            assert!(pool.submit(Box::new(move |_| tell.send(thread::current().id()).unwrap())));
            workers.push(told.recv().unwrap());
        }
        assert!(workers.iter().all(|it| *it == workers[0]), "{workers:?}");
    }

    #[test]
    fn what_waits_is_done_before_the_threads_end() {
        let pool = ThreadPool::start("hasher", 1, 8).unwrap();
        let (tell, told) = mpsc::channel();
        for number in 0..8 {
            let tell = tell.clone();
            assert!(pool.submit(Box::new(move |_| tell.send(number).unwrap())));
        }
        drop((pool, tell));
        assert_eq!(told.into_iter().collect::<Vec<_>>(), (0..8).collect::<Vec<_>>());
    }
}
