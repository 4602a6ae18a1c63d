//! How often is something done in a while, by many tasks at once?

use std::io::{BufRead, Write};
use std::time::{Duration, Instant};

/// What is done before is not counted: connections are made, caches filled.
const WARM_UP: Duration = Duration::from_millis(250);
const COUNTED: Duration = Duration::from_secs(1);

/// Answers the commands on standard input, until it ends.
pub async fn answer(mut figures: impl AsyncFnMut(&str) -> Figures) {
    println!("ready");
    for line in std::io::stdin().lock().lines() {
        let figures = figures(&line.unwrap()).await;
        println!("{:.1} {}", figures.per_second, figures.p99.as_micros());
        std::io::stdout().flush().unwrap();
    }
}

/// What was reached.
pub struct Figures {
    per_second: f64,
    p99: Duration,
}

/// Has `tasks` do `once` again and again. It is told which task it is for.
pub async fn measure<F>(tasks: usize, once: impl Fn(usize) -> F + Clone + Send + 'static) -> Figures
where
    F: Future<Output = ()> + Send,
{
    let begin = Instant::now() + WARM_UP;
    let end = begin + COUNTED;
    let run = |task: usize| {
        let once = once.clone();
        tokio::spawn(async move {
            let mut times = Vec::new();
            loop {
                let asked = Instant::now();
                if asked >= end {
                    return times;
                }
                once(task).await;
                let answered = Instant::now();
                if answered >= begin && answered < end {
                    times.push(answered - asked);
                }
            }
        })
    };
    let running: Vec<_> = (0..tasks).map(run).collect();
    let mut times = Vec::new();
    for task in running {
        times.extend(task.await.unwrap());
    }
    times.sort();
    let p99 = times[(times.len() - 1) * 99 / 100];
    Figures { per_second: times.len() as f64 / COUNTED.as_secs_f64(), p99 }
}
