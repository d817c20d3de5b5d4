//! URIs and references to them, by the grammar of RFC 3986 (appendix A).

use std::net::Ipv6Addr;

/// Whether it is a URI reference: a URI, or a relative reference.
pub(crate) fn is_reference(text: &str) -> bool {
    has_scheme(text).is_some()
}

/// Whether it is a URI, which has a scheme.
pub(super) fn is_uri(text: &str) -> bool {
    has_scheme(text) == Some(true)
}

/// Whether a URI reference has a scheme; `None` if it is none.
fn has_scheme(text: &str) -> Option<bool> {
    let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
    let (text, query) = text.split_once('?').unwrap_or((text, ""));
    if !are(fragment, b":@/?") || !are(query, b":@/?") {
        return None;
    }
    // The first segment of a relative reference has no colon.
    let first = text.split('/').next().unwrap_or_default();
    let (has_scheme, rest) = match first.split_once(':') {
        Some((scheme, _)) if is_scheme(scheme) => (true, text.get(scheme.len() + 1..)?),
        Some(_) => return None,
        None => (false, text),
    };
    let path = match rest.strip_prefix("//") {
        Some(rest) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            if !is_authority(authority) {
                return None;
            }
            path
        }
        None => rest,
    };
    are(path, b":@/").then_some(has_scheme)
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|it: char| it.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || b"+-.".contains(&it))
}

/// Who is asked: `[user@]host[:port]`.
fn is_authority(text: &str) -> bool {
    let (user, host) = text.split_once('@').unwrap_or(("", text));
    let (is_host, port) = if let Some(rest) = host.strip_prefix('[') {
        let Some((literal, port)) = rest.split_once(']') else {
            return false;
        };
        (is_literal(literal), port)
    } else {
        let (name, port) = host.split_at(host.find(':').unwrap_or(host.len()));
        (are(name, b""), port)
    };
    let is_number = |it: &str| it.bytes().all(|it| it.is_ascii_digit());
    let is_port = port.is_empty() || port.strip_prefix(':').is_some_and(is_number);
    are(user, b":") && is_host && is_port
}

/// What may be in brackets: an address of IPv6 or of a version to come.
fn is_literal(text: &str) -> bool {
    let future = text
        .strip_prefix(['v', 'V'])
        .and_then(|it| it.split_once('.'));
    match future {
        Some((version, address)) => {
            !version.is_empty()
                && version.bytes().all(|it| it.is_ascii_hexdigit())
                && !address.is_empty()
                && !address.contains('%')
                && are(address, b":")
        }
        None => text.parse::<Ipv6Addr>().is_ok(),
    }
}

/// Whether all characters are unreserved, delimiters below those of the URI, bytes as `%XX`, or one of these.
fn are(text: &str, more: &[u8]) -> bool {
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let fits = match byte {
            b'%' => [rest.next(), rest.next()]
                .iter()
                .all(|it| it.is_some_and(|it| it.is_ascii_hexdigit())),
            _ => {
                byte.is_ascii_alphanumeric()
                    || b"-._~!$&'()*+,;=".contains(&byte)
                    || more.contains(&byte)
            }
        };
        if !fits {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_those_of_the_grammar() {
        for uri in [
            "http://[2001:db8::1]:80/a?b",
            "http://[v1.a:b]",
            "x://[::ffff:1.2.3.4]",
            "http://a@b:/",
            "x:",
            "mailto:a@example.org",
            "urn:a:b#c?d/",
            "file:///a",
            "a+b-c.1:/",
            "http://?a[0",
            "tel:+1",
        ] {
            let is_one = !uri.contains("[0");
            assert_eq!((is_uri(uri), is_reference(uri)), (is_one, is_one), "{uri}");
        }
        for relative in [
            "",
            "./1:2",
            "?a:b",
            "/:",
            "//[::ffff:1.2.3.4]",
            "//",
            "a%20b",
            "#",
            "a/b:c",
            "//a:80/",
        ] {
            assert_eq!(
                (is_uri(relative), is_reference(relative)),
                (false, true),
                "{relative}"
            );
        }
        for bad in [
            "://x",
            ":",
            "1:2",
            "[[[",
            "a/[b]",
            "a#b#c",
            "http://[::1",
            "http://[",
            "http://[::1]a",
            "http://[1.2.3.4]",
            "http://[1:2:3]",
            "http://[v.a]",
            "http://[v1.]",
            "http://[v1.%41]",
            "http://a:b",
            "http://a@b@c",
            "http://a:1:2",
            "a b",
            "a%2",
            "a%GG",
            "ä",
            "a\\b",
            "a|b",
            "http://[]",
            "x:[",
            "a?[",
            "a^",
        ] {
            assert!(!is_uri(bad) && !is_reference(bad), "{bad}");
        }
    }
}
