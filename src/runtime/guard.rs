//! Which addresses `http` steps may reach: those of the public internet, and those that the configuration allows. Names are resolved here,
//! so that what is checked is what is connected to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::config::Network;

/// The rule.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    allow: Arc<[Network]>,
}

/// Why an address is not reached.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Forbidden(String);

impl Guard {
    /// With these besides the public ones.
    pub fn new(allow: &[Network]) -> Self {
        Self { allow: allow.into() }
    }

    /// Whether this address may be connected to.
    pub fn allows(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address) || self.allow.iter().any(|network| network.contains(address))
    }

    /// What can be said of a whole address before its name is resolved.
    pub fn check(&self, url: &Url) -> Result<(), Forbidden> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Forbidden(format!("`{}` is not called, only http and https are", url.scheme())));
        }
        let host = url.host_str().unwrap_or_default();
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
        literal.map_or(Ok(()), |address| self.passes(address))
    }

    fn passes(&self, address: IpAddr) -> Result<(), Forbidden> {
        if self.allows(address) { Ok(()) } else { Err(forbidden(address)) }
    }
}

fn forbidden(address: IpAddr) -> Forbidden {
    Forbidden(format!("{address} is a private address, and `http: {{allow: …}}` of frontdesk.yaml does not name it"))
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let first = found.first().map(SocketAddr::ip);
            let allowed: Vec<_> = found.into_iter().filter(|address| guard.allows(address.ip())).collect();
            match first.filter(|_| allowed.is_empty()) {
                Some(first) => Err(forbidden(first).into()),
                None => Ok(Box::new(allowed.into_iter()) as Addrs),
            }
        })
    }
}

/// An address of the public internet: none of those that IANA's registries of special purposes keep for something else.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// First address and counting bits of what is not public: this network, private, shared (CGNAT), loopback, link-local (metadata of clouds),
/// protocols, documentation, 6to4 relays, benchmarks, multicast, reserved, broadcast.
const SPECIAL_V4: &[(Ipv4Addr, u32)] = &[
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 3),
];

fn is_public_v4(address: Ipv4Addr) -> bool {
    // The metadata service of one cloud stands among its public addresses.
    const METADATA: Ipv4Addr = Ipv4Addr::new(168, 63, 129, 16);
    let is_within = |(first, bits): &(Ipv4Addr, u32)| (first.to_bits() ^ address.to_bits()) >> (32 - bits) == 0;
    address != METADATA && !SPECIAL_V4.iter().any(is_within)
}

/// The same of what lies within `2000::/3`: protocols (Teredo among them), documentation twice, 6to4.
const SPECIAL_V6: &[(Ipv6Addr, u32)] = &[
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

fn is_public_v6(address: Ipv6Addr) -> bool {
    // An address of version 4 behind a translator (NAT64) is judged as that address.
    const NAT64: u128 = 0x0064_ff9b << 96;
    let bits = address.to_bits();
    if bits >> 32 == NAT64 >> 32 {
        return is_public_v4(Ipv4Addr::from_bits((bits & u128::from(u32::MAX)) as u32));
    }
    let is_within = |(first, count): &(Ipv6Addr, u32)| (first.to_bits() ^ bits) >> (128 - count) == 0;
    bits >> 125 == 1 && !SPECIAL_V6.iter().any(is_within)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn only_public_addresses_are_public() {
        let inside = [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "168.63.129.16",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::7f00:1",
            "64:ff9b::a00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ];
        let guard = Guard::default();
        for text in inside {
            assert!(!guard.allows(address(text)), "{text}");
        }
        let outside = [
            "8.8.8.8",
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.17.0.1",
            "223.255.255.255",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2606:4700::1111",
            "2a00:1450::1",
            "2001:200::1",
        ];
        for text in outside {
            assert!(guard.allows(address(text)), "{text}");
        }
    }

    #[test]
    fn the_configuration_may_allow_more() {
        let allow: Vec<Network> = ["10.0.0.0/24", "::1"].iter().map(|text| text.parse().expect("a network")).collect();
        let guard = Guard::new(&allow);
        for text in ["10.0.0.7", "::ffff:10.0.0.7", "::1", "8.8.8.8"] {
            assert!(guard.allows(address(text)), "{text}");
        }
        for text in ["10.0.1.7", "127.0.0.1", "::2"] {
            assert!(!guard.allows(address(text)), "{text}");
        }
    }

    #[test]
    fn literal_addresses_are_seen_however_they_are_written() {
        let guard = Guard::default();
        for url in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0177.0.0.1/",
            "http://127.1/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:7f00:1]/",
            "http://１２７.0.0.1/",
            "file:///etc/passwd",
            "gopher://8.8.8.8/",
        ] {
            assert!(guard.check(&Url::parse(url).expect("an address")).is_err(), "{url}");
        }
        for url in ["https://example.com/", "http://8.8.8.8:8080/"] {
            assert_eq!(guard.check(&Url::parse(url).expect("an address")), Ok(()), "{url}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_refused() {
        let resolve = |guard: Guard| guard.resolve("localhost".parse().expect("a name"));
        let refused = resolve(Guard::default()).await.err().expect("it is refused");
        assert!(refused.downcast_ref::<Forbidden>().is_some(), "{refused}");
        let allow = ["127.0.0.0/8", "::1"].map(|text| text.parse().expect("a network"));
        assert!(resolve(Guard::new(&allow)).await.is_ok_and(|mut found| found.next().is_some()));
    }
}
