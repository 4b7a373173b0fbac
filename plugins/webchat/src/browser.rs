//! What a User-Agent says of browser and system, for the agent's eyes: a guess that everybody can forge.

/// Browsers by the word before their version. Each also names those below it.
const BROWSERS: [(&str, &str); 9] = [
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
];

/// Systems by a word of theirs. Android names Linux, an iPhone names Mac OS X.
const SYSTEMS: [(&str, &str); 8] = [
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("FreeBSD", "FreeBSD"),
    ("Linux", "Linux"),
];

/// Name and main version, such as `Firefox 140`.
pub fn name(user_agent: &str) -> Option<String> {
    BROWSERS.iter().find_map(|(word, name)| {
        let (_, rest) = user_agent.split_once(word)?;
        let version: String = rest.chars().take_while(char::is_ascii_digit).take(4).collect();
        Some(if version.is_empty() { (*name).to_owned() } else { format!("{name} {version}") })
    })
}

/// The system, such as `Linux`.
pub fn system(user_agent: &str) -> Option<String> {
    SYSTEMS.iter().find(|(word, _)| user_agent.contains(word)).map(|(_, name)| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_as_they_name_themselves() {
        let cases = [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                "Firefox 140",
                "Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36 Edg/150.0.0.0",
                "Edge 150",
                "Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
                "Safari 18",
                "iOS",
            ),
            (
                "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Mobile Safari/537.36",
                "Chrome 150",
                "Android",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
                "Safari 18",
                "macOS",
            ),
        ];
        for (user_agent, browser, os) in cases {
            assert_eq!(name(user_agent).as_deref(), Some(browser));
            assert_eq!(system(user_agent).as_deref(), Some(os));
        }
        assert_eq!((name("curl/8"), system("")), (None, None));
    }
}
