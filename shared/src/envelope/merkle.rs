//! Merkle trees exactly as RFC 6962, section 2.1: `leaf = H(0x00 || data)`, `node = H(0x01 || left || right)`, split at
//! the largest power of two below n.

use crate::{Digest32, Hash};

pub type Node = Digest32;

pub fn leaf_hash(data: &[u8]) -> Node {
    Hash::unlabelled().chain(&[0]).chain(data).finish()
}

fn node_hash(left: &Node, right: &Node) -> Node {
    Hash::unlabelled().chain(&[1]).chain(left).chain(right).finish()
}

/// The root over leaf hashes. An empty tree has the hash of the empty string.
pub fn root(leaves: &[Node]) -> Node {
    match leaves {
        [] => Hash::unlabelled().finish(),
        [only] => *only,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node_hash(&root(left), &root(right))
        }
    }
}

/// The root over leaf hashes that come one by one, without keeping them: only the roots of the complete subtrees so far,
/// at most one of each height.
#[derive(Debug, Clone, Default)]
pub struct Frontier {
    peaks: Vec<(u32, Node)>,
    count: u64,
}

impl Frontier {
    pub fn push(&mut self, leaf: Node) {
        let (mut height, mut hash) = (0, leaf);
        while let Some(&(other, left)) = self.peaks.last()
            && other == height
        {
            hash = node_hash(&left, &hash);
            height += 1;
            self.peaks.pop();
        }
        self.peaks.push((height, hash));
        self.count += 1;
    }

    /// How many leaves there were.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// As [`root`] of all leaves so far.
    pub fn root(&self) -> Node {
        let mut peaks = self.peaks.iter().rev().map(|(_, hash)| *hash);
        let last = peaks.next().unwrap_or_else(|| root(&[]));
        peaks.fold(last, |right, left| node_hash(&left, &right))
    }
}

/// The audit path of leaf `index`, from the bottom up (RFC 6962, section 2.1.1). Empty if `index` is out of range.
pub fn path(leaves: &[Node], index: usize) -> Vec<Node> {
    if index >= leaves.len() || leaves.len() == 1 {
        return Vec::new();
    }
    let at = split(leaves.len());
    let (left, right) = leaves.split_at(at);
    if index < at {
        let mut p = path(left, index);
        p.push(root(right));
        p
    } else {
        let mut p = path(right, index - at);
        p.push(root(left));
        p
    }
}

/// The root that a leaf hash and its path lead to, in a tree of `size` leaves. `None` if the path's length does not fit
/// `index` and `size`, so that each leaf has exactly one valid path (RFC 9162, section 2.1.3.2).
pub fn root_of_path(leaf: Node, index: usize, size: usize, path: &[Node]) -> Option<Node> {
    if index >= size {
        return None;
    }
    let (mut at, mut last) = (index, size - 1);
    let mut hash = leaf;
    for sibling in path {
        if last == 0 {
            return None;
        }
        if at & 1 == 1 || at == last {
            hash = node_hash(sibling, &hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(hash)
}

/// The largest power of two below n, for n >= 2.
fn split(n: usize) -> usize {
    1 << (usize::BITS - 1 - (n - 1).leading_zeros())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_of_every_size_leads_to_the_root_and_no_other_does() {
        for size in 1..=40 {
            let leaves: Vec<Node> = (0..size).map(|i| leaf_hash(&[u8::try_from(i).unwrap()])).collect();
            let top = root(&leaves);
            for index in 0..size {
                let p = path(&leaves, index);
                assert_eq!(root_of_path(leaves[index], index, size, &p), Some(top));
                for other in (0..size).filter(|o| *o != index) {
                    assert_ne!(root_of_path(leaves[index], other, size, &p), Some(top), "{size} {index} {other}");
                }
                let mut longer = p.clone();
                longer.push(top);
                assert_eq!(root_of_path(leaves[index], index, size, &longer), None);
                if !p.is_empty() {
                    assert_eq!(root_of_path(leaves[index], index, size, &p[..p.len() - 1]), None);
                }
            }
        }
    }

    #[test]
    fn leaves_one_by_one_have_the_same_root() {
        let (mut leaves, mut frontier) = (Vec::new(), Frontier::default());
        for i in 0..=130 {
            assert_eq!((frontier.root(), frontier.count()), (root(&leaves), i));
            leaves.push(leaf_hash(&i.to_be_bytes()));
            frontier.push(leaf_hash(&i.to_be_bytes()));
        }
    }

    /// The eight-leaf tree of the Certificate Transparency test suite (certificate-transparency, `merkletree` tests).
    #[test]
    fn the_published_tree_of_certificate_transparency() {
        let data: [&[u8]; 8] = [
            b"",
            b"\x00",
            b"\x10",
            b"\x20\x21",
            b"\x30\x31",
            b"\x40\x41\x42\x43",
            b"\x50\x51\x52\x53\x54\x55\x56\x57",
            b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
        ];
        let leaves: Vec<Node> = data.iter().map(|d| leaf_hash(d)).collect();
        let hex = |n: Node| n.iter().map(|b| format!("{b:02x}")).collect::<String>();
        assert_eq!(hex(root(&[])), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(hex(root(&leaves)), "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
    }
}
