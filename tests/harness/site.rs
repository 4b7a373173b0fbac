//! What an administrator owns, as tests need it: written to site.toml in exactly one place.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// One organization with extensions, trunks and a dial plan.
#[derive(Clone, Debug)]
pub struct Site {
    pub name: String,
    pub domain: String,
    /// `always` or `never`.
    pub recording: &'static str,
    pub ring_timeout_s: u32,
    pub extensions: Vec<Extension>,
    pub trunks: Vec<Trunk>,
    pub rules: Vec<String>,
    /// Folder of the organization's own announcements.
    pub announcements: Option<PathBuf>,
}

#[derive(Clone, Debug)]
pub struct Extension {
    pub number: String,
    pub password: String,
    /// More keys, as TOML lines.
    pub more: String,
}

#[derive(Clone, Debug)]
pub struct Trunk {
    pub name: String,
    pub address: SocketAddr,
    /// More keys, as TOML lines.
    pub more: String,
}

impl Site {
    /// Organization `acme` with extensions 100 to 103 and the services *43 (echo), *44 (tone), *45 (announcement).
    pub fn acme() -> Site {
        let site = Site {
            name: "acme".to_owned(),
            domain: "acme.test".to_owned(),
            recording: "never",
            ring_timeout_s: 30,
            extensions: Vec::new(),
            trunks: Vec::new(),
            rules: Vec::new(),
            announcements: None,
        };
        site.extension("100", "")
            .extension("101", "")
            .extension("102", "")
            .extension("103", "")
            .rule("dial = \"*43\"\nservice = \"echo\"")
            .rule("dial = \"*44\"\nservice = \"tone\"")
            .rule("dial = \"*45\"\nannouncement = \"builtin:welcome\"")
    }

    /// Records all calls of the organization.
    pub fn recorded(mut self) -> Site {
        self.recording = "always";
        self
    }

    /// Has sounds of its own in this folder.
    pub fn announcements(mut self, folder: &Path) -> Site {
        self.announcements = Some(folder.to_owned());
        self
    }

    /// Gives up ringing after so long.
    pub fn ringing_for(mut self, seconds: u32) -> Site {
        self.ring_timeout_s = seconds;
        self
    }

    /// Adds an extension whose password is [`password`] of its number.
    pub fn extension(mut self, number: &str, more: &str) -> Site {
        self.extensions.push(Extension {
            number: number.to_owned(),
            password: password(number),
            more: more.to_owned(),
        });
        self
    }

    /// Adds a trunk to a carrier at this address, accepted from there without digest. Prefix 0 leads to it, what it
    /// sends to a number rings that extension.
    pub fn trunk(mut self, name: &str, address: SocketAddr, more: &str) -> Site {
        self.trunks.push(Trunk { name: name.to_owned(), address, more: more.to_owned() });
        self.rule(&format!("prefix = \"0\"\ntrunk = \"{name}\"\nstrip = 1\nmin_digits = 3"))
    }

    /// Sends one number of a trunk to an extension.
    pub fn trunk_number(self, trunk: &str, number: &str, extension: &str) -> Site {
        self.rule(&format!("from_trunk = \"{trunk}\"\nnumber = \"{number}\"\nextension = \"{extension}\""))
    }

    /// Adds a dial plan rule, as TOML lines.
    pub fn rule(mut self, lines: &str) -> Site {
        self.rules.push(lines.to_owned());
        self
    }

    /// The file for `ramal apply`.
    pub fn toml(&self) -> String {
        let mut out = format!(
            "[[organization]]\nname = \"{}\"\ntitle = \"{}\"\nsip_domain = \"{}\"\nrecording = \"{}\"\nring_timeout_s = {}\n",
            self.name, self.name, self.domain, self.recording, self.ring_timeout_s
        );
        if let Some(folder) = &self.announcements {
            out.push_str(&format!("announcements = \"{}\"\n", folder.display()));
        }
        for e in &self.extensions {
            out.push_str(&format!(
                "\n[[organization.extension]]\nnumber = \"{}\"\npassword = \"{}\"\n{}\n",
                e.number, e.password, e.more
            ));
        }
        for t in &self.trunks {
            out.push_str(&format!(
                "\n[[organization.trunk]]\nname = \"{}\"\nhost = \"{}\"\nport = {}\nsources = [\"{}/32\"]\n{}\n",
                t.name,
                t.address.ip(),
                t.address.port(),
                t.address.ip(),
                t.more
            ));
        }
        for rule in &self.rules {
            out.push_str(&format!("\n[[organization.rule]]\n{rule}\n"));
        }
        out
    }
}

/// The password of an extension in tests.
pub fn password(number: &str) -> String {
    format!("secret-of-{number}-in-tests")
}
