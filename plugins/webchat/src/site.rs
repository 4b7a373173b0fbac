//! Which sites may show the chat.

use ramal_plugin::prelude::Attribute;

/// Whether a page of that origin may: it is of the host that is asked, or stands among the allowed.
pub fn allows(origin: &str, own_url: &str, allowed: &str) -> bool {
    let same_host = authority(origin).is_some_and(|page| authority(own_url) == Some(page));
    same_host || sites(allowed).any(|site| site.eq_ignore_ascii_case(origin))
}

/// Checks the list of an administrator.
///
/// # Errors
/// The field, with what is wrong.
pub fn check(allowed: &str) -> Result<(), Attribute> {
    let wrong = sites(allowed).find(|site| {
        let host = site.strip_prefix("https://").or_else(|| site.strip_prefix("http://"));
        host.is_none_or(|host| host.is_empty() || host.contains(['/', ' ', '*']))
    });
    match wrong {
        None => Ok(()),
        Some(site) => Err(Attribute {
            name: "origins".to_owned(),
            // Whoever reads it speaks any language, and a plugin is not told which.
            value: format!("{site} ✗ · https://www.example.com ✓"),
        }),
    }
}

fn sites(allowed: &str) -> impl Iterator<Item = &str> {
    allowed.lines().map(|line| line.trim().trim_end_matches('/')).filter(|line| !line.is_empty())
}

fn authority(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    rest.split(['/', '?', '#']).next().filter(|authority| !authority.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "https://ramal.example:8081/live/abc?visitor=1";

    #[test]
    fn own_pages_and_named_sites_only() {
        let allowed = "https://www.shop.example/\n\nhttp://test.example:3000\n";
        assert!(allows("https://ramal.example:8081", OWN, ""));
        assert!(allows("https://www.shop.example", OWN, allowed));
        assert!(allows("http://test.example:3000", OWN, allowed));
        for origin in ["https://shop.example", "http://www.shop.example", "https://evil.example", "null", ""]
        {
            assert!(!allows(origin, OWN, allowed), "{origin}");
        }
    }

    #[test]
    fn a_list_with_what_is_no_origin() {
        assert!(check("https://www.shop.example\n http://a.example:1 ").is_ok());
        for line in ["www.shop.example", "https://shop.example/path", "https://*.shop.example", "https://"] {
            assert!(check(line).is_err(), "{line}");
        }
    }
}
