//! Telephone numbers as they are kept, so that the same person is found however his number was written.

/// Digits of a number at most (E.164 has 15; short codes and private numbers are longer at some carriers).
const MAX_DIGITS: usize = 20;
/// A number with fewer digits is one of the house or a service, and belongs to no country.
const NATIONAL_DIGITS: usize = 8;

/// The form in which a number is kept and looked for; `None` where there is no number in it.
///
/// Only digits count, and a leading `+`. `00` in front is `+`. A number without either is a national one where the
/// Organization has a `country_prefix` (`+55`) and the number has 8 digits or more: its leading zeros go, the prefix
/// comes. Otherwise its digits stay as they are.
pub fn normalised_phone(text: &str, country_prefix: Option<&str>) -> Option<String> {
    let text = text.trim();
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() || digits.len() > MAX_DIGITS || text.chars().any(char::is_alphabetic) {
        return None;
    }
    if text.starts_with('+') {
        return Some(format!("+{digits}"));
    }
    if let Some(rest) = digits.strip_prefix("00").filter(|rest| rest.len() >= NATIONAL_DIGITS) {
        return Some(format!("+{rest}"));
    }
    match country_prefix {
        Some(prefix) if digits.len() >= NATIONAL_DIGITS => {
            Some(format!("{prefix}{}", digits.trim_start_matches('0')))
        }
        Some(_) | None => Some(digits),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_is_written_in_many_ways() {
        let brazil = Some("+55");
        for text in ["+55 11 98765-4321", "0055 11 98765 4321", "(011) 98765-4321", "11987654321"] {
            assert_eq!(normalised_phone(text, brazil).as_deref(), Some("+5511987654321"), "{text}");
        }
    }

    #[test]
    fn numbers_of_the_house_belong_to_no_country() {
        assert_eq!(normalised_phone("1001", Some("+55")).as_deref(), Some("1001"));
        assert_eq!(normalised_phone("0001", Some("+55")).as_deref(), Some("0001"));
    }

    #[test]
    fn without_a_country_digits_stay() {
        assert_eq!(normalised_phone("11 98765-4321", None).as_deref(), Some("11987654321"));
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in ["", "anonymous", "+", "alice7", "123456789012345678901"] {
            assert_eq!(normalised_phone(text, Some("+55")), None, "{text}");
        }
    }
}
