//! AWS partitions and regions.
//!
//! Hosts are built from this table only, so no input can direct a request to another host. Source: the partitions `aws`,
//! `aws-cn`, `aws-us-gov` and `aws-eusc` of `endpoints.json` in botocore 1.43. The isolated partitions are left out, because
//! Identity Center is not available there.

/// A group of regions with separate accounts and ARNs.
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
    /// Returns the partition with this name.
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

    /// Returns the name used in ARNs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::China => "aws-cn",
            Self::GovCloud => "aws-us-gov",
            Self::EuropeanSovereign => "aws-eusc",
        }
    }

    /// Returns the domain of all hosts in the partition.
    #[must_use]
    pub fn dns_suffix(self) -> &'static str {
        match self {
            Self::Aws | Self::GovCloud => "amazonaws.com",
            Self::China => "amazonaws.com.cn",
            Self::EuropeanSovereign => "amazonaws.eu",
        }
    }
}

/// A public region of AWS, one of [`REGIONS`].
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

/// All public regions. Regions with Bedrock are those that botocore's `endpoints.json` lists under `bedrock`. Its shorter list
/// of `bedrock-runtime-…` names is not used, because the endpoint rules of the service define a host for all of them.
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
    /// `us-east-1`, the default of AWS's own tools.
    fn default() -> Self {
        region("us-east-1", Partition::Aws)
    }
}

impl Region {
    /// Returns the region with exactly this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        REGIONS.iter().find(|region| region.name == name).copied()
    }

    /// Returns the name, for example `eu-central-1`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.name
    }

    /// Returns the partition.
    #[must_use]
    pub fn partition(self) -> Partition {
        self.partition
    }

    /// True if Amazon Bedrock is available in the region.
    #[must_use]
    pub fn has_bedrock(self) -> bool {
        self.has_bedrock
    }

    /// Returns the region in which credentials of this region can use Bedrock: this region or, if Bedrock is not available in
    /// it, `us-east-1` if that is in the same partition. `None` for the regions in China.
    #[must_use]
    pub fn for_bedrock(self) -> Option<Self> {
        if self.has_bedrock {
            Some(self)
        } else {
            Some(Self::default()).filter(|region| region.partition == self.partition)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn region_and_partition_are_found_by_name() {
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
    fn bedrock_region_is_in_the_partition_of_the_credentials() {
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

    /// Altered names that would lead to another server if a host name were built from them.
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
    fn altered_region_name_is_not_a_region() {
        let names = hostile_names();
        assert!(names.len() >= 200, "{}", names.len());
        for name in names {
            assert_eq!(Region::parse(&name), None, "{name:?}");
        }
    }
}
