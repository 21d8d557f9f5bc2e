//! Byte strings by their beginnings: all keys that a text begins with, in one walk.

/// A set of keys with a number for each.
#[derive(Debug, Default)]
pub(super) struct Trie {
    nodes: Vec<Node>,
    labels: Vec<u8>,
    edges: Vec<(u8, u32)>,
}

#[derive(Debug, Clone, Copy)]
struct Node {
    /// What has to follow to reach the node, behind the byte of its edge.
    label: (u32, u32),
    edges: (u32, u32),
    /// The number of the key that ends here.
    key: Option<u32>,
}

impl Trie {
    /// The keys must be sorted and distinct.
    pub(super) fn new<K: AsRef<[u8]>>(keys: &[(K, u32)]) -> Trie {
        let mut trie = Trie::default();
        trie.push_node(keys, 0);
        // Nodes whose edges are not made yet: the keys below, and how much of them is consumed.
        let mut todo = vec![(0usize, 0..keys.len(), trie.label_len(0))];
        while let Some((node, mut range, depth)) = todo.pop() {
            if keys
                .get(range.start)
                .is_some_and(|(key, _)| key.as_ref().len() == depth)
            {
                trie.nodes[node].key = Some(keys[range.start].1);
                range.start += 1;
            }
            let first = trie.edges.len() as u32;
            while range.start < range.end {
                let byte = keys[range.start].0.as_ref()[depth];
                let below = &keys[range.start..range.end];
                let len = below.partition_point(|(key, _)| key.as_ref()[depth] == byte);
                let child = trie.push_node(&below[..len], depth + 1);
                trie.edges.push((byte, child as u32));
                let consumed = depth + 1 + trie.label_len(child);
                todo.push((child, range.start..range.start + len, consumed));
                range.start += len;
            }
            trie.nodes[node].edges = (first, trie.edges.len() as u32);
        }
        trie
    }

    /// Adds a node for what the keys have in common from `depth` on.
    fn push_node<K: AsRef<[u8]>>(&mut self, keys: &[(K, u32)], depth: usize) -> usize {
        let start = self.labels.len() as u32;
        if let (Some((first, _)), Some((last, _))) = (keys.first(), keys.last()) {
            let (first, last) = (&first.as_ref()[depth..], &last.as_ref()[depth..]);
            let common = first.iter().zip(last).take_while(|(a, b)| a == b).count();
            self.labels.extend_from_slice(&first[..common]);
        }
        self.nodes.push(Node {
            label: (start, self.labels.len() as u32),
            edges: (0, 0),
            key: None,
        });
        self.nodes.len() - 1
    }

    fn label_len(&self, node: usize) -> usize {
        let (start, end) = self.nodes[node].label;
        (end - start) as usize
    }

    /// Calls `found` with each key that the bytes begin with, and its length.
    pub(super) fn walk(
        &self,
        mut bytes: impl Iterator<Item = u8>,
        mut found: impl FnMut(u32, usize),
    ) {
        let mut depth = 0;
        let mut at = 0u32;
        loop {
            let Some(node) = self.nodes.get(at as usize) else {
                return;
            };
            let label = &self.labels[node.label.0 as usize..node.label.1 as usize];
            for want in label {
                if bytes.next() != Some(*want) {
                    return;
                }
            }
            depth += label.len();
            if let Some(key) = node.key {
                found(key, depth);
            }
            let edges = &self.edges[node.edges.0 as usize..node.edges.1 as usize];
            if edges.is_empty() {
                return;
            }
            let Some(byte) = bytes.next() else {
                return;
            };
            let edge = if edges.len() <= 8 {
                edges.iter().find(|(b, _)| *b == byte)
            } else {
                edges
                    .binary_search_by_key(&byte, |(b, _)| *b)
                    .ok()
                    .map(|i| &edges[i])
            };
            let Some((_, child)) = edge else {
                return;
            };
            depth += 1;
            at = *child;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(keys: &[&str], text: &str) -> Vec<(u32, usize)> {
        let mut numbered: Vec<_> = keys.iter().zip(0..).collect();
        numbered.sort();
        numbered.dedup_by_key(|(key, _)| *key);
        let mut out = Vec::new();
        Trie::new(&numbered).walk(text.bytes(), |key, len| out.push((key, len)));
        out
    }

    #[test]
    fn all_keys_that_a_text_begins_with_are_found() {
        fn check(keys: &[&str], text: &str, expect: &[(u32, usize)]) {
            assert_eq!(found(keys, text), expect, "{keys:?} in {text}");
        }
        check(&[], "a", &[]);
        check(&[""], "", &[(0, 0)]);
        check(&["", "a"], "ab", &[(0, 0), (1, 1)]);
        check(
            &["/etc", "/etc/ssh", "/var"],
            "/etc/ssh/x",
            &[(0, 4), (1, 8)],
        );
        check(&["/etc", "/etc/ssh", "/var"], "/et", &[]);
        check(&["abc", "abd"], "abe", &[]);
    }

    proptest! {
        #[test]
        fn the_walk_finds_what_a_search_finds(
            keys in prop::collection::vec("[ab]{0,5}", 0..12),
            text in "[ab]{0,8}",
        ) {
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            let mut got: Vec<usize> = found(&keys, &text).into_iter().map(|(_, len)| len).collect();
            let mut expect: Vec<usize> =
                keys.iter().filter(|k| text.starts_with(**k)).map(|k| k.len()).collect();
            expect.sort_unstable();
            expect.dedup();
            got.sort_unstable();
            prop_assert_eq!(got, expect);
        }
    }
}
