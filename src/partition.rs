//! AWS's partitions: which Regions belong to which, what their ARNs begin with, and under which domains their services are.
//!
//! From `partitions.json`, which every AWS SDK carries (botocore 1.43.106), and for AWS Sign-In from its endpoint rules there.

/// One partition. Accounts, keys and credentials of one are unknown in the others.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Partition {
    /// What comes after `arn:`.
    pub(crate) name: &'static str,
    /// How the names of its Regions begin.
    regions: &'static str,
    /// The domain of its services, and of VPC endpoints below `vpce`.
    pub(crate) domain: &'static str,
    /// The domain of its services for IPv4 and IPv6.
    pub(crate) dual_stack_domain: &'static str,
    /// The domain of AWS Sign-In.
    pub(crate) sign_in_domain: &'static str,
}

/// The one to which every other Region belongs, as for the SDKs.
const AWS: Partition = Partition {
    name: "aws",
    regions: "",
    domain: "amazonaws.com",
    dual_stack_domain: "api.aws",
    sign_in_domain: "signin.aws.amazon.com",
};

/// China, where KMS has another cryptography.
pub(crate) const CHINA: &str = "aws-cn";

pub(crate) const ALL: [Partition; 8] = [
    Partition {
        name: CHINA,
        regions: "cn-",
        domain: "amazonaws.com.cn",
        dual_stack_domain: "api.amazonwebservices.com.cn",
        sign_in_domain: "signin.amazonaws.cn",
    },
    Partition {
        name: "aws-eusc", // the European Sovereign Cloud
        regions: "eusc-",
        domain: "amazonaws.eu",
        dual_stack_domain: "api.amazonwebservices.eu",
        sign_in_domain: "signin.amazonaws-eusc.eu",
    },
    Partition {
        name: "aws-us-gov",
        regions: "us-gov-",
        domain: "amazonaws.com",
        dual_stack_domain: "api.aws",
        sign_in_domain: "signin.amazonaws-us-gov.com",
    },
    Partition {
        name: "aws-iso",
        regions: "us-iso-",
        domain: "c2s.ic.gov",
        dual_stack_domain: "api.aws.ic.gov",
        sign_in_domain: "signin.c2shome.ic.gov",
    },
    Partition {
        name: "aws-iso-b",
        regions: "us-isob-",
        domain: "sc2s.sgov.gov",
        dual_stack_domain: "api.aws.scloud",
        sign_in_domain: "signin.sc2shome.sgov.gov",
    },
    Partition {
        name: "aws-iso-e",
        regions: "eu-isoe-",
        domain: "cloud.adc-e.uk",
        dual_stack_domain: "api.cloud-aws.adc-e.uk",
        sign_in_domain: "signin.csphome.adc-e.uk",
    },
    Partition {
        name: "aws-iso-f",
        regions: "us-isof-",
        domain: "csp.hci.ic.gov",
        dual_stack_domain: "api.aws.hci.ic.gov",
        sign_in_domain: "signin.csphome.hci.ic.gov",
    },
    AWS,
];

/// The partition of a Region.
pub(crate) fn of(region: &str) -> &'static Partition {
    ALL.iter().find(|partition| region.starts_with(partition.regions)).unwrap_or(&AWS)
}

/// Whether an ARN can begin with `arn:NAME`.
pub(crate) fn is_known(name: &str) -> bool {
    ALL.iter().any(|partition| partition.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::pinned;

    #[test]
    fn the_table_is_that_of_the_pinned_botocore() {
        const PROGRAM: &str = "\
import json, os, botocore
for it in json.load(open(os.path.join(os.path.dirname(botocore.__file__), 'data', 'partitions.json')))['partitions']:
    out = it['outputs']
    assert out['supportsFIPS'] and out['supportsDualStack'], it['id']
    for region in it['regions']:
        if not region.endswith('-global'):
            print(out['name'], out['dnsSuffix'], out['dualStackDnsSuffix'], region)
";
        let Some(text) = pinned::python(PROGRAM) else { return };
        let mut names = BTreeSet::new();
        for line in text.lines() {
            let [name, domain, dual_stack_domain, region] = line.split(' ').collect::<Vec<_>>()[..] else {
                panic!("{line}")
            };
            let found = of(region);
            assert_eq!(
                (found.name, found.domain, found.dual_stack_domain),
                (name, domain, dual_stack_domain),
                "{region}"
            );
            names.insert(name);
        }
        assert_eq!(names, ALL.iter().map(|partition| partition.name).collect());
    }

    #[test]
    fn a_region_that_nobody_knows_yet_is_of_the_first_partition() {
        for region in ["us-east-9", "zz-north-1", "", "us-go-1"] {
            assert_eq!(of(region).name, "aws", "{region}");
        }
        assert!(is_known("aws-eusc") && !is_known("aws-moon") && !is_known(""));
    }
}
