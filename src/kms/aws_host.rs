//! The hosts on which AWS serves its regional services: `SERVICE.REGION.DOMAIN`, and VPC endpoints, `vpce-….SERVICE.REGION.vpce.DOMAIN`.
//! Not every host below a domain of AWS: anybody can have a bucket, an API or a load balancer there.

use super::region::is_region;
use crate::partition::{self, Partition};

/// The parts of such a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AwsHost {
    /// What comes before the Region, as `kms`, `kms-fips` or `portal.sso`.
    pub(super) service: String,
    pub(super) region: String,
}

impl AwsHost {
    /// `None` for any other host. A Region's services are found only under the domains of its own partition.
    pub(super) fn parse(host: &str) -> Option<Self> {
        let host = host.to_ascii_lowercase();
        partition::ALL.iter().find_map(|partition| below(&host, partition))
    }
}

fn below(host: &str, partition: &'static Partition) -> Option<AwsHost> {
    let before = |domain: &str| host.strip_suffix(domain)?.strip_suffix('.');
    let (name, is_vpc) = match before(partition.domain) {
        Some(name) => name.strip_suffix(".vpce").map_or((name, false), |name| (name, true)),
        None => (before(partition.dual_stack_domain)?, false),
    };
    let (mut service, region) = name.rsplit_once('.')?;
    if is_vpc {
        let (id, of) = service.split_once('.')?;
        service = id.strip_prefix("vpce-").filter(|id| is_label(id)).map(|_| of)?;
    }
    let fits = is_region(region) && partition::of(region) == partition && service.split('.').all(is_label);
    fits.then(|| AwsHost { service: service.to_owned(), region: region.to_owned() })
}

fn is_label(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_service_and_region() {
        for (host, service, region) in [
            ("kms.us-east-1.amazonaws.com", "kms", "us-east-1"),
            ("KMS.eu-central-1.AmazonAWS.com", "kms", "eu-central-1"),
            ("kms-fips.us-gov-west-1.amazonaws.com", "kms-fips", "us-gov-west-1"),
            ("kms.us-gov-west-1.api.aws", "kms", "us-gov-west-1"),
            ("kms.eusc-de-east-1.amazonaws.eu", "kms", "eusc-de-east-1"),
            ("kms-fips.eusc-de-east-1.api.amazonwebservices.eu", "kms-fips", "eusc-de-east-1"),
            ("kms.us-isob-east-1.sc2s.sgov.gov", "kms", "us-isob-east-1"),
            ("kms.eu-isoe-west-1.api.cloud-aws.adc-e.uk", "kms", "eu-isoe-west-1"),
            ("kms.cn-north-1.amazonaws.com.cn", "kms", "cn-north-1"),
            ("vpce-0123-abcd.kms.us-east-1.vpce.amazonaws.com", "kms", "us-east-1"),
            ("vpce-0123-abcd-us-iso-east-1a.kms-fips.us-iso-east-1.vpce.c2s.ic.gov", "kms-fips", "us-iso-east-1"),
            ("portal.sso.us-east-1.amazonaws.com", "portal.sso", "us-east-1"),
        ] {
            let expected = AwsHost { service: service.to_owned(), region: region.to_owned() };
            assert_eq!(AwsHost::parse(host), Some(expected), "{host}");
        }
    }

    #[test]
    fn a_host_that_only_looks_like_one_has_none() {
        for host in [
            "kms.us-east-1.amazonaws.com.example.org",
            "kms.us-east-1.evilamazonaws.com",
            "kms.us-east-1.amazonaws.eu",
            "kms.eusc-de-east-1.amazonaws.com",
            "kms.us-east-1.api.amazonwebservices.eu",
            "kms.cn-north-1.amazonaws.com",
            "kms.us-iso-east-1.amazonaws.com",
            "kms.us-east-1.vpce.api.aws",
            "kms.s3.amazonaws.com",
            "kms.s3-us-west-2.amazonaws.com",
            "kms.elb.amazonaws.com",
            "kms..amazonaws.com",
            "us-east-1.amazonaws.com",
            ".us-east-1.amazonaws.com",
            "kms.us-east-1.vpce.amazonaws.com",
            "vpce-.kms.us-east-1.vpce.amazonaws.com",
            "x.kms.us-east-1.vpce.amazonaws.com",
            "amazonaws.com",
            "127.0.0.1",
            "",
        ] {
            assert_eq!(AwsHost::parse(host), None, "{host}");
        }
    }
}
