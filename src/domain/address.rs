//! Client addresses as throttling counts them.

use std::net::{IpAddr, Ipv6Addr};

/// What failures from this address are counted under: an IPv4 address by itself, an IPv6 address by its /64, the
/// smallest network that a subscriber has (RFC 4291 section 2.5.4). Everything that is no address, and callers without one, share a name.
#[must_use]
pub fn network(address: Option<&str>) -> String {
    match address.and_then(|text| text.parse().ok()) {
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => of_v6(address, 64),
        None => "unknown".to_owned(),
    }
}

/// As [`network`], but of IPv6 the /48, the largest network that a subscriber usually has (RFC 6177): what is counted by it
/// cannot be had 65,536 times over.
#[must_use]
pub fn site(address: Option<&str>) -> String {
    match address.and_then(|text| text.parse().ok()) {
        Some(IpAddr::V6(address)) => of_v6(address, 48),
        _ => network(address),
    }
}

fn of_v6(address: Ipv6Addr, length: u32) -> String {
    if let Some(address) = address.to_ipv4_mapped() {
        return address.to_string();
    }
    let mask = !u128::MAX.checked_shr(length).unwrap_or_default();
    let prefix = Ipv6Addr::from_bits(address.to_bits() & mask);
    format!("{prefix}/{length}")
}

#[cfg(test)]
mod tests {
    use super::{network, site};

    #[test]
    fn an_ipv6_subscriber_is_one_and_an_ipv4_address_is_one() {
        for (address, counted) in [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
            ("::1", "::/64"),
            ("192.0.2.7, 198.51.100.1", "unknown"),
            ("192.0.2.07", "unknown"),
            ("fe80::1%eth0", "unknown"),
            ("", "unknown"),
        ] {
            assert_eq!(network(Some(address)), counted, "{address}");
        }
        assert_eq!(network(None), "unknown");
    }

    #[test]
    fn an_ipv6_site_is_one() {
        for (address, counted) in [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
            ("2001:db8:1:ffff::", "2001:db8:1::/48"),
            ("fe80::1%eth0", "unknown"),
        ] {
            assert_eq!(site(Some(address)), counted, "{address}");
        }
    }
}
