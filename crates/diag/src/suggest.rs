//! "Did you mean": the nearest of the names that exist.

/// The candidate that `word` was probably meant to be: the one with the fewest edits (insertion,
/// deletion, substitution, swap of neighbours), if that is at most a third of its length.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.chars().take(LONGEST).collect();
    let limit = (word.len() / 3).max(1);
    candidates
        .into_iter()
        .filter_map(|c| edits(&word, c, limit).map(|n| (n, c)))
        .min_by_key(|(n, _)| *n)
        .map(|(_, c)| c)
}

/// Longer words are compared by their beginnings only.
const LONGEST: usize = 64;

fn edits(word: &[char], candidate: &str, limit: usize) -> Option<usize> {
    let other: Vec<char> = candidate.chars().take(LONGEST).collect();
    if word.len().abs_diff(other.len()) > limit {
        return None;
    }
    let mut before_last = vec![0; other.len() + 1];
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for i in 0..word.len() {
        let mut row = vec![i + 1];
        for j in 0..other.len() {
            let substituted = last[j] + usize::from(word[i] != other[j]);
            let mut cost = substituted.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && word[i] == other[j - 1] && word[i - 1] == other[j] {
                cost = cost.min(before_last[j - 1] + 1);
            }
            row.push(cost);
        }
        // From two rows that are too far off, none that is near follows.
        if last.iter().chain(&row).all(|n| *n > limit) {
            return None;
        }
        before_last = last;
        last = row;
    }
    last.last().copied().filter(|n| *n <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_suggested_and_a_far_one_is_not() {
        fn check(word: &str, expect: Option<&str>) {
            let names = ["proc.name", "proc.pname", "fd.name", "evt.type"];
            assert_eq!(nearest(word, names), expect, "{word}");
        }
        check("proc.nmae", Some("proc.name"));
        check("proc.nam", Some("proc.name"));
        check("proc.ppname", Some("proc.pname"));
        check("evt.typ", Some("evt.type"));
        check("container.id", None);
        check("", None);
        check("proc.name", Some("proc.name"));
        check("nproc.ame", Some("proc.name"));
        check("xyzproc.name", Some("proc.name"));
    }
}
