//! What the caller decides about the connection to KMS.

use std::time::Duration;

use super::environment::Environment;

/// How KMS is reached. What is `None` comes from the environment and the profile, as in every AWS tool.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The AWS Region, as in `us-east-1`.
    pub region: Option<String>,
    /// Profile of the AWS configuration files.
    pub profile: Option<String>,
    /// The ARN of a role that is assumed with those credentials, as in `arn:aws:iam::111122223333:role/provisioning`.
    pub role_arn: Option<String>,
    /// The URL of a KMS endpoint to use instead of AWS's own, as in `https://vpce-….kms.us-east-1.vpce.amazonaws.com`. Credential providers
    /// never see it.
    pub endpoint_url: Option<String>,
    /// Accept an endpoint that is not AWS's from the environment or the profile.
    pub allow_endpoint_env: bool,
    /// Accept plain http to a host that is not loopback.
    pub insecure_endpoint: bool,
    /// Use `kms-fips.REGION`.
    pub fips_endpoint: bool,
    /// Refuse every endpoint but a FIPS endpoint of AWS.
    pub require_fips: bool,
    /// Time for name resolution, TCP, proxy and TLS together; 5 s by default.
    pub connect_timeout: Duration,
    /// Time from the request to the last byte of the reply; 30 s by default.
    pub read_timeout: Duration,
    /// How long to wait for KMS to become consistent, or to stop throttling; 60 s by default.
    pub max_wait: Duration,
    /// How long to wait for a change that KMS has answered: until DescribeKey shows an import, a replica is made, a rotation done. 60 s by
    /// default.
    pub wait: Duration,
    /// Proxies and CA bundle; `None` reads the process's environment variables.
    pub environment: Option<Environment>,
}

impl Default for Connection {
    fn default() -> Self {
        Connection {
            region: None,
            profile: None,
            role_arn: None,
            endpoint_url: None,
            allow_endpoint_env: false,
            insecure_endpoint: false,
            fips_endpoint: false,
            require_fips: false,
            connect_timeout: Duration::from_secs(5),
            read_timeout: Duration::from_secs(30),
            max_wait: Duration::from_secs(60),
            wait: Duration::from_secs(60),
            environment: None,
        }
    }
}
