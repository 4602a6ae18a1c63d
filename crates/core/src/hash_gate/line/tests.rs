#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use proptest::prelude::*;

use super::*;

const UNIT: Duration = Duration::from_millis(10);

fn asker(network: u8, account: u8) -> Asker {
    let network = format!("203.0.{network}.0/24").parse().unwrap();
    Asker { network: Some(network), subject: [account; 16] }
}

fn one<T: Copy>(line: &mut Line<T>) -> Option<T> {
    line.next(|_| true, |_, _| false, 1).first().copied()
}

fn all<T: Copy>(line: &mut Line<T>) -> Vec<T> {
    std::iter::from_fn(|| one(line)).collect()
}

#[test]
fn a_network_that_asks_for_much_is_served_in_turn_with_one_that_asks_for_little() {
    let mut line = Line::new(100);
    for job in 0..6 {
        line.admit(asker(1, job), UNIT, ("flood", job));
    }
    line.admit(asker(2, 0), UNIT, ("quiet", 0));
    line.admit(asker(2, 0), UNIT, ("quiet", 1));
    let order = all(&mut line);
    let quiet: Vec<usize> = (0..order.len()).filter(|place| order[*place].0 == "quiet").collect();
    assert_eq!(quiet, [1, 3], "{order:?}");
}

#[test]
fn the_accounts_of_a_network_are_served_in_turn() {
    let mut line = Line::new(100);
    for job in 0..4 {
        line.admit(asker(1, 1), UNIT, ("one", job));
    }
    line.admit(asker(1, 2), UNIT, ("other", 0));
    assert_eq!(all(&mut line), [("one", 0), ("other", 0), ("one", 1), ("one", 2), ("one", 3)]);
}

#[test]
fn who_asks_for_dear_hashes_gets_fewer_of_them() {
    let mut line = Line::new(100);
    for job in 0..3 {
        line.admit(asker(1, 1), UNIT * 4, ("dear", job));
    }
    for job in 0..8 {
        line.admit(asker(2, 1), UNIT, ("cheap", job));
    }
    let order: String = all(&mut line).iter().map(|(kind, _)| kind.chars().next().unwrap()).collect();
    assert_eq!(order, "dccccdccccd");
}

#[test]
fn who_comes_late_has_saved_nothing_up_and_owes_nothing() {
    let mut line = Line::new(100);
    for job in 0..50 {
        line.admit(asker(1, 1), UNIT, ("first", job));
        one(&mut line).unwrap();
    }
    for job in 0..3 {
        line.admit(asker(1, 1), UNIT, ("first", job));
        line.admit(asker(2, 1), UNIT, ("late", job));
    }
    let order: String = all(&mut line).iter().map(|(who, _)| who.chars().next().unwrap()).collect();
    assert_eq!(order, "flflfl");
}

#[test]
fn an_account_that_comes_late_has_saved_nothing_up_and_owes_nothing_either() {
    let mut line = Line::new(200);
    // Somebody of the network waits all the time.
    for _ in 0..60 {
        line.admit(asker(1, 9), UNIT, "neighbour");
    }
    for _ in 0..50 {
        line.admit(asker(1, 1), UNIT, "first");
        while one(&mut line).unwrap() != "first" {}
    }
    for _ in 0..3 {
        line.admit(asker(1, 1), UNIT, "first");
        line.admit(asker(1, 2), UNIT, "late");
    }
    let order: String = all(&mut line)
        .into_iter()
        .filter(|who| *who != "neighbour")
        .map(|who| who.chars().next().unwrap())
        .collect();
    assert!(["flflfl", "lflflf"].contains(&order.as_str()), "{order}");
}

/// An asker of its own for each number.
fn named(network: Option<u32>, account: u32) -> Asker {
    let block = |number: u32| IpNet::new(std::net::Ipv6Addr::from(u128::from(number) << 64).into(), 64);
    let network = network.map(|number| block(number).unwrap());
    Asker { network, subject: u128::from(account).to_be_bytes() }
}

#[test]
fn nobody_who_waits_is_passed_for_ever_by_others_who_have_just_come() {
    let names: [fn(u32) -> Asker; 2] = [|number| named(Some(1), number), |number| named(Some(number), 1)];
    for name in names {
        let mut line = Line::new(200);
        for number in 0..20 {
            line.admit(name(number), UNIT, number);
        }
        for _ in 0..3 {
            line.admit(name(0), UNIT, 0);
        }
        let mut served = 0;
        let mut takes = 0;
        while served < 4 {
            takes += 1;
            assert!(takes < 200, "{served} of four");
            line.admit(name(1000 + takes), UNIT, 1000 + takes);
            served += usize::from(one(&mut line) == Some(0));
        }
    }
}

#[test]
fn of_names_that_never_come_again_nothing_is_remembered() {
    let networks: [fn(u32) -> Option<u32>; 3] = [|_| None, |_| Some(1), Some];
    for network in networks {
        for (names, waiting) in [(100_000, 1), (5_000, 2), (5_000, 50)] {
            let mut line = Line::new(200);
            for number in 0..names {
                line.admit(named(network(number), number), UNIT * (1 + number % 7), number);
                if line.len() > waiting {
                    one(&mut line).unwrap();
                }
            }
            assert!(line.remembered() <= 20 + 8 * waiting, "{} of {waiting}", line.remembered());
            all(&mut line);
            assert_eq!(line.remembered(), 0);
        }
    }
}

#[test]
fn who_is_displaced_or_leaves_is_forgotten() {
    let mut line = Line::new(4);
    for number in 0..4 {
        line.admit(named(Some(1), number), UNIT, number);
    }
    line.admit(named(Some(2), 1), UNIT, 10);
    assert_eq!(line.retain(|job| *job == 10), 3);
    assert_eq!((line.len(), line.remembered()), (1, 2));
}

#[test]
fn a_full_line_takes_from_whoever_has_most() {
    let mut line = Line::new(4);
    for job in 0..3 {
        line.admit(asker(1, 1), UNIT, ("flood", job));
    }
    line.admit(asker(1, 2), UNIT, ("neighbour", 0));
    // The flood gets no more in, and what it has is given to others, the newest first.
    assert_eq!(line.admit(asker(1, 1), UNIT, ("flood", 3)), Admission::Full(("flood", 3)));
    assert_eq!(line.admit(asker(2, 1), UNIT, ("quiet", 0)), Admission::InPlaceOf(("flood", 2)));
    assert_eq!(line.admit(asker(1, 3), UNIT, ("third", 0)), Admission::InPlaceOf(("flood", 1)));
    assert_eq!(line.admit(asker(1, 4), UNIT, ("fourth", 0)), Admission::Full(("fourth", 0)));
    assert_eq!(line.admit(asker(3, 1), UNIT, ("calm", 0)), Admission::InPlaceOf(("third", 0)));
    assert_eq!(line.len(), 4);
}

#[test]
fn a_job_that_does_not_fit_yet_is_not_passed_by_others() {
    let mut line = Line::new(4);
    line.admit(asker(1, 1), UNIT, 100);
    line.admit(asker(2, 1), UNIT, 1);
    assert!(line.next(|size| *size < 50, |_, _| true, 3).is_empty());
    assert_eq!(line.next(|size| *size < 500, |_, _| true, 3), [100, 1]);
}

#[test]
fn jobs_that_go_well_with_it_come_along_whoever_they_are_of() {
    let mut line = Line::new(10);
    for (network, kind) in [(1, 'b'), (2, 'a'), (3, 'b'), (4, 'b'), (5, 'b')] {
        line.admit(asker(network, 1), UNIT, (kind, network));
    }
    assert_eq!(line.next(|_| true, |first, other| first.0 == other.0, 3), [('b', 1), ('b', 3), ('b', 4)]);
    assert_eq!(line.next(|_| true, |first, other| first.0 == other.0, 3), [('a', 2)]);
    assert_eq!(line.len(), 1);
}

#[test]
fn the_wait_that_is_foretold_counts_only_the_share_of_the_others() {
    let mut line = Line::new(100);
    for job in 0..20 {
        line.admit(asker(1, 1), UNIT, job);
    }
    assert_eq!(line.work_until_done(asker(2, 1), UNIT), UNIT * 2);
    assert_eq!(line.work_until_done(asker(1, 2), UNIT), UNIT * 2);
    assert_eq!(line.work_until_done(asker(1, 1), UNIT), UNIT * 21);
}

#[test]
fn who_has_left_is_taken_out() {
    let mut line = Line::new(100);
    for job in 0..6 {
        line.admit(asker(1, 1), UNIT, job);
    }
    assert_eq!(line.retain(|job| job % 2 == 0), 3);
    assert_eq!(all(&mut line), [0, 2, 4]);
}

proptest! {
    /// However many networks flood, one that asks once is served after at most one job of each of them.
    #[test]
    fn nobody_waits_for_more_than_a_round_of_the_others(
        floods in prop::collection::vec((0..8_u8, 0..4_u8), 1..200), served in 0..50_usize,
    ) {
        let mut line = Line::new(1000);
        for (job, (network, account)) in floods.iter().enumerate() {
            line.admit(asker(*network, *account), UNIT, job);
        }
        for _ in 0..served {
            one(&mut line);
        }
        line.admit(asker(100, 1), UNIT, usize::MAX);
        let before = all(&mut line).into_iter().take_while(|job| *job != usize::MAX).count();
        prop_assert!(before <= 8, "{before}");
    }

    /// What comes out is what came in, each once, in the order of its account.
    #[test]
    fn nothing_is_lost_and_nothing_comes_twice(
        jobs in prop::collection::vec((0..4_u8, 0..4_u8), 0..100), capacity in 1..50_usize, most in 1..4_usize,
    ) {
        let mut line = Line::new(capacity);
        let mut given_back = Vec::new();
        for (job, (network, account)) in jobs.iter().enumerate() {
            match line.admit(asker(*network, *account), UNIT, job) {
                Admission::Waits => {}
                Admission::InPlaceOf(job) | Admission::Full(job) => given_back.push(job),
            }
            prop_assert!(line.len() <= capacity);
        }
        let mut out = Vec::new();
        loop {
            let batch = line.next(|_| true, |_, _| true, most);
            if batch.is_empty() {
                break;
            }
            out.extend(batch);
        }
        for who in &jobs {
            let own: Vec<usize> = out.iter().copied().filter(|job| jobs.get(*job) == Some(who)).collect();
            prop_assert!(own.is_sorted());
        }
        let mut all: Vec<usize> = out.into_iter().chain(given_back).collect();
        all.sort_unstable();
        prop_assert_eq!(all, (0..jobs.len()).collect::<Vec<_>>());
    }
}
