//! Hosts of URLs: names, addresses, ports, and which hosts are on this machine.

/// Host and port. An IPv6 address is in brackets.
#[must_use]
pub fn split_port(authority: &str) -> Option<(&str, Option<&str>)> {
    let bracket = authority
        .find(']')
        .map_or(0, |place| place.saturating_add(1));
    let (address, rest) = authority.split_at_checked(bracket)?;
    if address.is_empty() {
        return Some(match rest.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (rest, None),
        });
    }
    match rest.strip_prefix(':') {
        Some(port) => Some((address, Some(port))),
        None => rest.is_empty().then_some((address, None)),
    }
}

/// A port as browsers write it: 1 to 65535 without a leading zero.
#[must_use]
pub fn is_port(text: &str) -> bool {
    !text.starts_with('0')
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && text.parse::<u16>().is_ok()
}

/// A domain name, or an IP address as browsers write it.
#[must_use]
pub fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[') {
        let address = address.strip_suffix(']').unwrap_or_default();
        let read = address.parse::<std::net::Ipv6Addr>();
        return read.is_ok_and(|read| read.to_string() == address);
    }
    // A host whose last label is a number is an IPv4 address to browsers (URL standard, "ends in a number").
    let last = host.rsplit('.').next().unwrap_or_default();
    if last.starts_with(|first: char| first.is_ascii_digit()) {
        return host.parse::<std::net::Ipv4Addr>().is_ok();
    }
    is_name(host)
}

/// A domain name in ASCII form, in lower case, that is not an IP address to browsers.
#[must_use]
pub fn is_name(host: &str) -> bool {
    // A host whose last label is a number is an IPv4 address to browsers (URL standard, "ends in a number").
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_address = last.starts_with(|first: char| first.is_ascii_digit());
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte)
            })
    };
    host.len() <= 253 && !is_address && host.split('.').all(is_label)
}

/// `localhost` or a name below it.
#[must_use]
pub fn is_loopback_name(host: &str) -> bool {
    is_name(host) && (host == "localhost" || host.ends_with(".localhost"))
}

/// A host that browsers resolve to this machine, so that plain http is not sent over a network.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    let is_address = host
        .parse::<std::net::Ipv4Addr>()
        .is_ok_and(|address| address.is_loopback());
    is_address || host == "[::1]" || is_loopback_name(host)
}

/// Whether a host, with or without a port, is one that browsers resolve to this machine.
#[must_use]
pub fn is_loopback_authority(authority: &str) -> bool {
    split_port(authority).is_some_and(|(host, port)| is_loopback(host) && port.is_none_or(is_port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_hosts_are_recognised() {
        for authority in [
            "localhost",
            "localhost:8787",
            "a.localhost",
            "127.0.0.1:80",
            "127.1.2.3",
            "[::1]",
            "[::1]:8787",
        ] {
            assert!(is_loopback_authority(authority), "{authority}");
        }
        for authority in [
            "",
            "localhost.example",
            "localhost:",
            "localhost:0",
            "127.0.0.1.example",
            "127.0.0.1@example.com",
            "[::2]",
            "[::1]x",
            "[::1",
            "example.com",
        ] {
            assert!(!is_loopback_authority(authority), "{authority}");
        }
    }
}
