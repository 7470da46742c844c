//! Where AWS is: its public regions, enumerated, and the hosts of the services in them.
//!
//! A host is only ever built from this table, so no text from outside can point a request anywhere else. Source: the
//! partitions `aws`, `aws-cn`, `aws-us-gov` and `aws-eusc` of botocore 1.43's `endpoints.json`; the isolated
//! partitions are left out, since Identity Center is not offered there.

/// A group of regions with accounts and names of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partition {
    /// The commercial regions.
    Aws,
    /// The regions in China.
    China,
    /// The regions for the United States government.
    GovCloud,
    /// The European sovereign cloud.
    EuropeanSovereign,
}

impl Partition {
    /// The partition with this name in an ARN, if there is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [
            Self::Aws,
            Self::China,
            Self::GovCloud,
            Self::EuropeanSovereign,
        ]
        .into_iter()
        .find(|partition| partition.as_str() == name)
    }

    /// The name in an ARN.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::China => "aws-cn",
            Self::GovCloud => "aws-us-gov",
            Self::EuropeanSovereign => "aws-eusc",
        }
    }

    /// What every host of the partition ends in.
    #[must_use]
    pub fn dns_suffix(self) -> &'static str {
        match self {
            Self::Aws | Self::GovCloud => "amazonaws.com",
            Self::China => "amazonaws.com.cn",
            Self::EuropeanSovereign => "amazonaws.eu",
        }
    }
}

/// A public region of AWS. There are no others: the only way to one is [`Region::parse`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    name: &'static str,
    partition: Partition,
    has_bedrock: bool,
}

const fn region(name: &'static str, partition: Partition) -> Region {
    Region {
        name,
        partition,
        has_bedrock: true,
    }
}

const fn without_bedrock(name: &'static str, partition: Partition) -> Region {
    Region {
        name,
        partition,
        has_bedrock: false,
    }
}

/// Every public region. Those with Bedrock are the ones that botocore's `endpoints.json` lists under `bedrock`; its
/// shorter list of `bedrock-runtime-…` names is passed over, since the service's own rules give each of them a host.
pub static REGIONS: [Region; 39] = [
    region("af-south-1", Partition::Aws),
    without_bedrock("ap-east-1", Partition::Aws),
    region("ap-east-2", Partition::Aws),
    region("ap-northeast-1", Partition::Aws),
    region("ap-northeast-2", Partition::Aws),
    region("ap-northeast-3", Partition::Aws),
    region("ap-south-1", Partition::Aws),
    region("ap-south-2", Partition::Aws),
    region("ap-southeast-1", Partition::Aws),
    region("ap-southeast-2", Partition::Aws),
    region("ap-southeast-3", Partition::Aws),
    region("ap-southeast-4", Partition::Aws),
    region("ap-southeast-5", Partition::Aws),
    region("ap-southeast-6", Partition::Aws),
    region("ap-southeast-7", Partition::Aws),
    region("ca-central-1", Partition::Aws),
    region("ca-west-1", Partition::Aws),
    region("eu-central-1", Partition::Aws),
    region("eu-central-2", Partition::Aws),
    region("eu-north-1", Partition::Aws),
    region("eu-south-1", Partition::Aws),
    region("eu-south-2", Partition::Aws),
    region("eu-west-1", Partition::Aws),
    region("eu-west-2", Partition::Aws),
    region("eu-west-3", Partition::Aws),
    region("il-central-1", Partition::Aws),
    region("me-central-1", Partition::Aws),
    region("me-south-1", Partition::Aws),
    region("mx-central-1", Partition::Aws),
    region("sa-east-1", Partition::Aws),
    region("us-east-1", Partition::Aws),
    region("us-east-2", Partition::Aws),
    region("us-west-1", Partition::Aws),
    region("us-west-2", Partition::Aws),
    without_bedrock("cn-north-1", Partition::China),
    without_bedrock("cn-northwest-1", Partition::China),
    region("us-gov-east-1", Partition::GovCloud),
    region("us-gov-west-1", Partition::GovCloud),
    region("eusc-de-east-1", Partition::EuropeanSovereign),
];

impl Default for Region {
    /// `us-east-1`, as AWS's own tools have it.
    fn default() -> Self {
        region("us-east-1", Partition::Aws)
    }
}

impl Region {
    /// The region with exactly this name, if there is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        REGIONS.iter().find(|region| region.name == name).copied()
    }

    /// The name, such as `eu-central-1`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.name
    }

    /// The partition that it lies in.
    #[must_use]
    pub fn partition(self) -> Partition {
        self.partition
    }

    /// True where Amazon Bedrock runs.
    #[must_use]
    pub fn has_bedrock(self) -> bool {
        self.has_bedrock
    }

    /// Where keys of this region may ask Bedrock: here if it runs here, else in `us-east-1` if keys of here count there.
    /// None in China, whose keys are good for no other partition.
    #[must_use]
    pub fn for_bedrock(self) -> Option<Self> {
        if self.has_bedrock {
            Some(self)
        } else {
            Some(Self::default()).filter(|region| region.partition == self.partition)
        }
    }
}

/// A service that is called from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// IAM Identity Center's OIDC service (`sso-oidc`).
    SsoOidc,
    /// IAM Identity Center's portal (`sso`).
    SsoPortal,
    /// Security Token Service.
    Sts,
    /// IAM Identity Center's directory.
    IdentityStore,
    /// Amazon Bedrock's models (`bedrock-runtime`); the examples call it, this service does not.
    BedrockRuntime,
}

impl Service {
    fn host_prefix(self) -> &'static str {
        match self {
            Self::SsoOidc => "oidc",
            Self::SsoPortal => "portal.sso",
            Self::Sts => "sts",
            Self::IdentityStore => "identitystore",
            Self::BedrockRuntime => "bedrock-runtime",
        }
    }
}

/// Scheme and authority that a request goes to: a service's host in a region, or an override in development.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    scheme: &'static str,
    authority: String,
}

impl Endpoint {
    /// The host of a service in a region, by https.
    #[must_use]
    pub fn of(service: Service, region: Region) -> Self {
        Self {
            scheme: "https",
            authority: format!(
                "{}.{}.{}",
                service.host_prefix(),
                region.name,
                region.partition.dns_suffix()
            ),
        }
    }

    /// Reads an `AWS_ENDPOINT_URL_…` value: http or https, a host of lower-case letters, digits, `.` and `-` or `[::1]`,
    /// perhaps a port, perhaps one closing slash, and nothing else. Whoever calls this decides that it is development.
    #[must_use]
    pub fn overridden(url: &str) -> Option<Self> {
        let (scheme, rest) = if let Some(rest) = url.strip_prefix("http://") {
            ("http", rest)
        } else {
            ("https", url.strip_prefix("https://")?)
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (authority, None),
        };
        let is_host = host == "[::1]"
            || (!host.is_empty()
                && host.bytes().all(|byte| {
                    byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte)
                }));
        let is_port = port.is_none_or(|port| {
            port.bytes().all(|byte| byte.is_ascii_digit())
                && port.parse::<u16>().is_ok_and(|number| number > 0)
        });
        (is_host && is_port).then(|| Self {
            scheme,
            authority: authority.to_owned(),
        })
    }

    /// Host and, where one was given, port.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// True for https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.scheme == "https"
    }

    /// The whole address of a path (which starts with `/`).
    #[must_use]
    pub fn url(&self, path_and_query: &str) -> String {
        format!("{}://{}{path_and_query}", self.scheme, self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_those_of_the_partitions() {
        for (service, region, host) in [
            (Service::Sts, "us-east-1", "sts.us-east-1.amazonaws.com"),
            (
                Service::SsoOidc,
                "eu-central-1",
                "oidc.eu-central-1.amazonaws.com",
            ),
            (
                Service::SsoPortal,
                "cn-north-1",
                "portal.sso.cn-north-1.amazonaws.com.cn",
            ),
            (
                Service::IdentityStore,
                "us-gov-west-1",
                "identitystore.us-gov-west-1.amazonaws.com",
            ),
            (
                Service::Sts,
                "eusc-de-east-1",
                "sts.eusc-de-east-1.amazonaws.eu",
            ),
            (
                Service::BedrockRuntime,
                "eu-north-1",
                "bedrock-runtime.eu-north-1.amazonaws.com",
            ),
            (
                Service::BedrockRuntime,
                "us-gov-west-1",
                "bedrock-runtime.us-gov-west-1.amazonaws.com",
            ),
            (
                Service::BedrockRuntime,
                "eusc-de-east-1",
                "bedrock-runtime.eusc-de-east-1.amazonaws.eu",
            ),
        ] {
            let endpoint = Endpoint::of(service, Region::parse(region).unwrap());
            assert_eq!(endpoint.authority(), host);
            assert_eq!(endpoint.url("/"), format!("https://{host}/"));
        }
    }

    #[test]
    fn every_region_is_found_by_its_name_alone() {
        for region in REGIONS {
            assert_eq!(Region::parse(region.as_str()), Some(region));
            assert_eq!(
                Partition::parse(region.partition().as_str()),
                Some(region.partition())
            );
        }
        let bedrock = REGIONS.iter().filter(|region| region.has_bedrock()).count();
        assert_eq!(bedrock, 36);
        assert!(!Region::parse("cn-north-1").unwrap().has_bedrock());
    }

    #[test]
    fn keys_ask_bedrock_in_their_own_partition() {
        for (here, there) in [
            ("eu-north-1", Some("eu-north-1")),
            ("us-gov-west-1", Some("us-gov-west-1")),
            ("eusc-de-east-1", Some("eusc-de-east-1")),
            ("ap-east-1", Some("us-east-1")),
            ("cn-north-1", None),
        ] {
            let asked = Region::parse(here).unwrap().for_bedrock();
            assert_eq!(asked.map(Region::as_str), there, "{here}");
        }
    }

    /// Alterations of real names and hosts of the kinds that reach another server where a host is glued from text.
    fn hostile_names() -> Vec<String> {
        let mut names: Vec<String> = [
            "",
            " ",
            "*",
            ".",
            "..",
            "/",
            "//",
            "@",
            "#",
            "?",
            "%00",
            "\0",
            "\r\n",
            "localhost",
            "127.0.0.1",
            "[::1]",
            "0x7f.1",
            "2130706433",
            "169.254.169.254",
            "metadata.google.internal",
            "us-east-1.evil.example",
            "evil.example/",
            "evil.example#",
            "evil.example?",
            "a@evil.example",
            "us-east-1@evil.example",
            "us-east-1:80",
            "us-iso-east-1",
            "us-isob-east-1",
            "aws-global",
            "us-east-99",
            "eu-moon-1",
            "aws",
            "amazonaws.com",
            "us_east_1",
            "useast1",
            "US-EAST-1",
            "Us-East-1",
            "us-east-1\u{0}",
            "us-east-1\u{200b}",
            "us‐east‐1",
            "ｕｓ-east-1",
            "us-eаst-1",
            "us-east-¹",
        ]
        .map(str::to_owned)
        .to_vec();
        let tails = [
            ".",
            "/",
            "\\",
            "#",
            "?",
            "@",
            ":443",
            "%2f",
            "%23",
            "\r\nHost: evil",
            "\n",
            "\t",
            " ",
            "\u{feff}",
            ".evil.example",
            "@evil.example",
            "/../evil",
            "-evil",
            "1",
        ];
        for region in REGIONS.iter().step_by(4) {
            for tail in tails {
                names.push(format!("{}{tail}", region.as_str()));
                names.push(format!("{tail}{}", region.as_str()));
            }
        }
        names
    }

    #[test]
    fn hostile_regions_are_no_regions() {
        let names = hostile_names();
        assert!(names.len() >= 200, "{}", names.len());
        for name in names {
            assert_eq!(Region::parse(&name), None, "{name:?}");
        }
    }

    #[test]
    fn every_host_lies_in_aws() {
        for region in REGIONS {
            for service in [
                Service::SsoOidc,
                Service::SsoPortal,
                Service::Sts,
                Service::IdentityStore,
                Service::BedrockRuntime,
            ] {
                let url = Endpoint::of(service, region).url("/path");
                let url = reqwest::Url::parse(&url).unwrap();
                assert_eq!(url.scheme(), "https");
                let host = url.host_str().unwrap();
                assert!(
                    ["amazonaws.com", "amazonaws.com.cn", "amazonaws.eu"]
                        .iter()
                        .any(|suffix| host.ends_with(&format!(".{suffix}"))),
                    "{host}"
                );
            }
        }
    }

    #[test]
    fn overrides_are_an_origin_and_no_more() {
        for url in [
            "http://127.0.0.1:4566",
            "http://localhost:4566/",
            "https://sts.example.test",
            "http://[::1]:9",
            "http://[::1]",
        ] {
            let endpoint = Endpoint::overridden(url).unwrap();
            assert_eq!(
                endpoint.url("/x"),
                format!("{}/x", url.trim_end_matches('/'))
            );
        }
        for url in [
            "",
            "localhost:4566",
            "ftp://localhost",
            "http://",
            "http:///",
            "http://:80",
            "http://user@host",
            "http://host/path",
            "http://host?query",
            "http://host#part",
            "http://host:0",
            "http://host:65536",
            "http://host:+80",
            "http://host:",
            "http://ho st",
            "http://host\r\n",
            "http://HOST",
            "http://host//",
            "http://[::2]",
            "http://[::1]]",
            "HTTP://host",
            "http://hóst",
        ] {
            assert_eq!(Endpoint::overridden(url), None, "{url}");
        }
    }
}
