// Has the tests of AWS's device SDK for JavaScript trust another certificate authority, the file AUTHORITY.
// They trust whom the system trusts, and have no setting for it. Everything else is theirs.

const { iot } = require("aws-crt");

function trust(builder, make, addAuthority) {
  const made = builder[make];
  builder[make] = (...given) => {
    const found = made.apply(builder, given);
    found[addAuthority](undefined, process.env.AUTHORITY);
    return found;
  };
}

trust(iot.AwsIotMqtt5ClientConfigBuilder, "newDirectMqttBuilderWithMtlsFromPath", "withCertificateAuthorityFromPath");
trust(iot.AwsIotMqttConnectionConfigBuilder, "new_mtls_builder_from_path", "with_certificate_authority_from_path");
