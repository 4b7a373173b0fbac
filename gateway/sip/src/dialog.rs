//! Dialogs and INVITE usages (RFC 3261 §12 to §15, RFC 5057).
