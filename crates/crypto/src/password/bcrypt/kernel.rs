//! How is bcrypt computed for several passwords in little more than the time of one?
//!
//! Each round of Blowfish looks up four words at places that only the round before decides, so a processor spends most
//! of its time waiting. Passwords do not wait for each other: it works on one of the lanes while others wait.
//!
//! The computation is that of Provos and Mazières, "A Future-Adaptable Password Scheme" (USENIX 1999), §3 and §4.
//!
//! Invariants
//! - A lane reads and writes its own tables only.
//! - The tables stand on the heap, are not copied once a key is in them, and are overwritten in the end.
//! - How many steps are made depends on the cost alone. Where in the tables they look depends on the password, as in
//!   every bcrypt.

#![expect(
    clippy::inline_always,
    reason = "the compiler leaves calls inside of the rounds, which cost a tenth"
)]
#![expect(clippy::indexing_slicing, reason = "every index is below the length, a constant, or below 256")]

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::tables::{BOXES, SUBKEYS};

/// What is encrypted: `OrpheanBeholderScryDoubt`.
const PLAINTEXT: [[u32; 2]; 3] =
    [[0x4f72_7068, 0x6561_6e42], [0x6568_6f6c, 0x6465_7253], [0x6372_7944, 0x6f75_6274]];
/// How often it is encrypted.
const ENCRYPTIONS: usize = 64;

type Subkeys = [u32; 18];
/// A block of each lane: the left halves, then the right ones.
type Blocks<const N: usize> = [[u32; N]; 2];
/// What is computed, block by block.
pub(super) type Ciphertexts<const N: usize> = Zeroizing<[Blocks<N>; 3]>;

/// What is computed in one lane.
#[derive(Clone, Copy)]
pub(super) struct Input<'a> {
    /// The password, as often as it fits.
    pub(super) key: &'a Subkeys,
    pub(super) salt: [u32; 4],
}

/// The state of Blowfish under one key.
#[derive(Zeroize, ZeroizeOnDrop)]
struct Lane {
    subkeys: Subkeys,
    boxes: [[u32; 256]; 4],
}

/// bcrypt of each input with `2^cost` rounds.
pub(super) fn compute<const N: usize>(inputs: [Input<'_>; N], cost: u32) -> Ciphertexts<N> {
    let keys = inputs.map(|input| input.key);
    let salts = inputs.map(|input| repeated(input.salt));
    let mut lanes = Box::new([const { Lane { subkeys: SUBKEYS, boxes: BOXES } }; N]);
    mix_in(&mut lanes, keys);
    rewrite_salted(&mut lanes, inputs.map(|input| input.salt));
    for _ in 0..1_u32 << cost {
        mix_in(&mut lanes, keys);
        rewrite(&mut lanes, |_, _| {});
        mix_in(&mut lanes, salts.each_ref());
        rewrite(&mut lanes, |_, _| {});
    }
    let mut ciphertexts = Zeroizing::new(PLAINTEXT.map(|block| block.map(|half| [half; N])));
    for blocks in ciphertexts.iter_mut() {
        for _ in 0..ENCRYPTIONS {
            *blocks = encrypted(&lanes, *blocks);
        }
    }
    ciphertexts
}

fn repeated(salt: [u32; 4]) -> Subkeys {
    let [a, b, c, d] = salt;
    [a, b, c, d, a, b, c, d, a, b, c, d, a, b, c, d, a, b]
}

fn mix_in<const N: usize>(lanes: &mut [Lane; N], keys: [&Subkeys; N]) {
    for (lane, key) in lanes.iter_mut().zip(keys) {
        for (subkey, word) in lane.subkeys.iter_mut().zip(key) {
            *subkey ^= word;
        }
    }
}

fn rewrite_salted<const N: usize>(lanes: &mut [Lane; N], salts: [[u32; 4]; N]) {
    rewrite(lanes, |pair, [left, right]| {
        for ((left, right), [a, b, c, d]) in left.iter_mut().zip(right).zip(salts) {
            let (salt_left, salt_right) = if pair % 2 == 0 { (a, b) } else { (c, d) };
            *left ^= salt_left;
            *right ^= salt_right;
        }
    });
}

/// Replaces subkeys and boxes pair by pair with what they make of the pair before, which `stir` may change.
#[inline(always)]
fn rewrite<const N: usize>(lanes: &mut [Lane; N], stir: impl Fn(usize, &mut Blocks<N>)) {
    let mut blocks = [[0; N]; 2];
    for pair in 0..9 {
        stir(pair, &mut blocks);
        blocks = encrypted(lanes, blocks);
        for ((lane, left), right) in lanes.iter_mut().zip(blocks[0]).zip(blocks[1]) {
            lane.subkeys[2 * pair] = left;
            lane.subkeys[2 * pair + 1] = right;
        }
    }
    for pair in 0..512 {
        stir(9 + pair, &mut blocks);
        blocks = encrypted(lanes, blocks);
        for ((lane, left), right) in lanes.iter_mut().zip(blocks[0]).zip(blocks[1]) {
            let words = lane.boxes.as_flattened_mut();
            words[2 * pair] = left;
            words[2 * pair + 1] = right;
        }
    }
}

/// Blowfish: sixteen rounds, in all lanes side by side.
#[inline(always)]
fn encrypted<const N: usize>(lanes: &[Lane; N], [mut left, mut right]: Blocks<N>) -> Blocks<N> {
    for (left, lane) in left.iter_mut().zip(lanes) {
        *left ^= lane.subkeys[0];
    }
    for at in (1..16).step_by(2) {
        round(lanes, at, &left, &mut right);
        round(lanes, at + 1, &right, &mut left);
    }
    for (right, lane) in right.iter_mut().zip(lanes) {
        *right ^= lane.subkeys[17];
    }
    [right, left]
}

#[inline(always)]
fn round<const N: usize>(lanes: &[Lane; N], at: usize, from: &[u32; N], to: &mut [u32; N]) {
    for ((lane, from), to) in lanes.iter().zip(from).zip(to) {
        // The subkey does not have to wait for the tables.
        *to ^= lane.subkeys[at];
        *to ^= lane.mixed(*from);
    }
}

impl Lane {
    #[inline(always)]
    fn mixed(&self, half: u32) -> u32 {
        let [first, second, third, fourth] = &self.boxes;
        let low = |half| (half & 0xff) as usize;
        let sum = first[low(half >> 24)].wrapping_add(second[low(half >> 16)]);
        (sum ^ third[low(half >> 8)]).wrapping_add(fourth[low(half)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overwritten_on_drop<T: ZeroizeOnDrop>(value: T) -> T {
        value
    }

    #[test]
    fn nothing_of_a_lane_is_left_behind() {
        let mut lane = overwritten_on_drop(Lane { subkeys: SUBKEYS, boxes: BOXES });
        lane.zeroize();
        assert_eq!(lane.subkeys, [0; 18]);
        assert_eq!(lane.boxes, [[0; 256]; 4]);
    }
}
