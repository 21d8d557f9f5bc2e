//! Quantities: `100m`, `0.5`, `64Mi`, `1e3`.

/// An amount in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity(pub i128);

impl Quantity {
    /// Whole units, rounded up.
    pub fn ceil(self) -> i128 {
        self.0.div_euclid(1000) + i128::from(self.0.rem_euclid(1000) != 0)
    }

    /// Thousandths.
    pub fn milli(self) -> i128 {
        self.0
    }
}

/// Reads a quantity; `None` if it is none, or larger than any machine is.
pub fn parse(text: &str) -> Option<Quantity> {
    let end = text
        .char_indices()
        .find(|(i, c)| !(c.is_ascii_digit() || *c == '.' || *i == 0 && matches!(c, '+' | '-')))
        .map_or(text.len(), |(i, _)| i);
    let (number, suffix) = text.split_at(end);
    let (negative, digits) = match number.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, number.strip_prefix('+').unwrap_or(number)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() || whole.len() > 18 || fraction.len() > 9 {
        return None;
    }
    if !whole
        .bytes()
        .chain(fraction.bytes())
        .all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let digits: i128 = format!("0{whole}{fraction}").parse().ok()?;
    // In thousandths: numerator and denominator.
    let power = |exponent: u32| 10_i128.checked_pow(exponent);
    let (scale, divisor) = match suffix {
        "" => (1000, 1),
        "n" => (1, 1_000_000),
        "u" => (1, 1000),
        "m" => (1, 1),
        "k" => (power(6)?, 1),
        "M" => (power(9)?, 1),
        "G" => (power(12)?, 1),
        "T" => (power(15)?, 1),
        "P" => (power(18)?, 1),
        "E" => (power(21)?, 1),
        "Ki" => (1000 << 10, 1),
        "Mi" => (1000 << 20, 1),
        "Gi" => (1000 << 30, 1),
        "Ti" => (1000 << 40, 1),
        "Pi" => (1000 << 50, 1),
        "Ei" => (1000 << 60, 1),
        _ => {
            let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
            match u32::try_from(exponent) {
                Ok(up) if up <= 18 => (1000 * power(up)?, 1),
                Err(_) if exponent >= -18 => (1000, power(exponent.unsigned_abs())?),
                _ => return None,
            }
        }
    };
    let fraction = power(u32::try_from(fraction.len()).ok()?)?;
    let over = digits.checked_mul(scale)?;
    let under = divisor * fraction;
    let value = over / under + i128::from(over % under != 0);
    Some(Quantity(if negative { -value } else { value }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_those_of_the_api() {
        let check = |text: &str, expect: Option<i128>| {
            assert_eq!(parse(text).map(|q| q.0), expect, "{text}");
        };
        check("1", Some(1000));
        check("100m", Some(100));
        check("0.5", Some(500));
        check(".5", Some(500));
        check("64Mi", Some((64 * 1000) << 20));
        check("1G", Some(1_000_000_000_000));
        check("1e3", Some(1_000_000));
        check("1E-1", Some(100));
        check("-1", Some(-1000));
        check("1n", Some(1));
        for bad in [
            "",
            "m",
            "1 Mi",
            "1MB",
            "abc",
            "1.2.3",
            "--1",
            "1e99",
            "99999999999999999999",
        ] {
            check(bad, None);
        }
    }
}
