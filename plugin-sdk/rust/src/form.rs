//! `application/x-www-form-urlencoded`, as queries and webhooks use it.

/// Names and values of a query or a form, decoded, in their order. What is no UTF-8 becomes U+FFFD.
pub fn pairs(text: &str) -> impl Iterator<Item = (String, String)> + '_ {
    text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    })
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escape = after.split_at_checked(2).filter(|_| *first == b'%');
        match escape.and_then(|(digits, after)| Some((hexadecimal(digits)?, after))) {
            Some((byte, after)) => {
                bytes.push(byte);
                rest = after;
            }
            None => {
                bytes.push(if *first == b'+' { b' ' } else { *first });
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hexadecimal(digits: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(digits).ok()?;
    // `from_str_radix` would take a sign.
    text.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| u8::from_str_radix(text, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        pairs(text).collect()
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn a_form_of_an_sms_provider() {
        assert_eq!(
            read("From=%2B5511987654321&Body=Ol%C3%A1+mundo%21&NumMedia=0&Empty="),
            [
                pair("From", "+5511987654321"),
                pair("Body", "Olá mundo!"),
                pair("NumMedia", "0"),
                pair("Empty", "")
            ]
        );
    }

    #[test]
    fn what_is_no_escape_stays_as_it_is() {
        assert_eq!(
            read("a=100%&b=%4&c=%+1&&d"),
            [pair("a", "100%"), pair("b", "%4"), pair("c", "% 1"), pair("d", "")]
        );
        assert_eq!(read("é=%FF"), [pair("é", "\u{FFFD}")]);
    }
}
