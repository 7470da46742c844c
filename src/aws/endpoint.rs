//! The endpoints of AWS services: a host in a region, or an override for development.

use super::region::Region;

/// A service of AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// OIDC service of IAM Identity Center (`sso-oidc`).
    SsoOidc,
    /// Portal of IAM Identity Center (`sso`).
    SsoPortal,
    /// Security Token Service (`sts`).
    Sts,
    /// Directory of IAM Identity Center (`identitystore`).
    IdentityStore,
    /// Amazon Bedrock (`bedrock-runtime`). It is named in the sample programs; this service does not call it.
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

/// Scheme and authority of a URL: the host of a service in a region, or an override for development.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    scheme: &'static str,
    authority: String,
}

impl Endpoint {
    /// Returns the https endpoint of a service in a region.
    #[must_use]
    pub fn of(service: Service, region: Region) -> Self {
        Self {
            scheme: "https",
            authority: format!(
                "{}.{}.{}",
                service.host_prefix(),
                region.as_str(),
                region.partition().dns_suffix()
            ),
        }
    }

    /// Parses the value of an `AWS_ENDPOINT_URL_…` variable: http or https; a host of lower-case letters, digits, `.` and `-`,
    /// or `[::1]`; optionally a port and a final slash. The caller decides whether overrides are allowed.
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

    /// Returns the host, with the port if there is one.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// True for https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.scheme == "https"
    }

    /// Returns the URL of a path, which starts with `/`.
    #[must_use]
    pub fn url(&self, path_and_query: &str) -> String {
        format!("{}://{}{path_and_query}", self.scheme, self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::region::REGIONS;

    #[test]
    fn endpoint_host_follows_the_partition() {
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
    fn every_endpoint_is_an_https_host_of_aws() {
        for region in REGIONS {
            for service in [
                Service::SsoOidc,
                Service::SsoPortal,
                Service::Sts,
                Service::IdentityStore,
                Service::BedrockRuntime,
            ] {
                let url = Endpoint::of(service, region).url("/path");
                let parsed = reqwest::Url::parse(&url).unwrap();
                assert_eq!((parsed.as_str(), parsed.scheme()), (url.as_str(), "https"));
                let host = parsed.host_str().unwrap();
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
    fn override_is_an_origin_without_path_query_or_user() {
        for url in [
            "http://127.0.0.1:4566",
            "http://localhost:4566/",
            "https://sts.example.test",
            "http://[::1]:9",
            "http://[::1]",
        ] {
            let endpoint = Endpoint::overridden(url).unwrap();
            let path = endpoint.url("/x");
            assert_eq!(path, format!("{}/x", url.trim_end_matches('/')));
            assert_eq!(reqwest::Url::parse(&path).unwrap().as_str(), path);
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
