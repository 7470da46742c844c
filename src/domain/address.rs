//! The networks of client addresses, by which requests and failures are counted.

use std::net::{IpAddr, Ipv6Addr};

/// The network by which failures are counted: an IPv4 address, or the /64 of an IPv6 address, the smallest network that a
/// subscriber has (RFC 4291 section 2.5.4). Clients without a valid address share `unknown`.
#[must_use]
pub fn network(address: Option<&str>) -> String {
    match address.and_then(|text| text.parse().ok()) {
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => v6_prefix(address, 64),
        None => "unknown".to_owned(),
    }
}

/// The network by which requests are counted: as [`network`], but the /48 of an IPv6 address, the largest network that a
/// subscriber usually has (RFC 6177). If requests were counted per /64, such a subscriber would have 65,536 times the limit.
#[must_use]
pub fn site(address: Option<&str>) -> String {
    match address.and_then(|text| text.parse().ok()) {
        Some(IpAddr::V6(address)) => v6_prefix(address, 48),
        _ => network(address),
    }
}

fn v6_prefix(address: Ipv6Addr, length: u32) -> String {
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
    fn network_is_the_ipv4_address_or_the_ipv6_64() {
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
    fn site_is_the_ipv4_address_or_the_ipv6_48() {
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
