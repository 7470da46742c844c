//! Client addresses as throttling counts them.

use std::net::{IpAddr, Ipv6Addr};

/// What failures from this address are counted under: an IPv4 address by itself, an IPv6 address by its /64, the
/// smallest network that a subscriber has (RFC 4291 section 2.5.4). Everything that is no address, and callers without one, share a name.
#[must_use]
pub fn network(address: Option<&str>) -> String {
    match address.and_then(|text| text.parse().ok()) {
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => {
            let prefix = Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX));
            let mapped = address.to_ipv4_mapped();
            mapped.map_or_else(|| format!("{prefix}/64"), |address| address.to_string())
        }
        None => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::network;

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
}
