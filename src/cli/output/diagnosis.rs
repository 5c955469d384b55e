//! A diagnosis as text, with commands that can be run as they are printed.

use kms_byok::diagnose::{self, Diagnosis, OpenSslCommand, Opened};

use super::lines;
use super::tone::{Tone, labelled};
use crate::cli::invocation::Invocation;
use crate::cli::words::sentence;

pub(crate) fn text(diagnosis: &Diagnosis) -> String {
    let openssl = diagnosis.openssl.as_ref().map(openssl);
    let mut text = lines(&[
        ("key", diagnosis.key_arn.clone()),
        ("opened", diagnosis.opened.as_ref().map(opened)),
        ("openssl on PATH", openssl),
    ]);
    if diagnosis.causes.is_empty() {
        text.push_str("no cause was found in the files given\n");
    }
    text.push_str(&causes(diagnosis));
    text.push_str(&unknown(diagnosis));
    text
}

/// What failures of other verbs show: the causes, or that none was found.
pub(crate) fn explanation(diagnosis: &Diagnosis) -> String {
    if diagnosis.causes.is_empty() { unknown(diagnosis) } else { causes(diagnosis) }
}

/// Completes the commands in it.
pub(crate) fn complete(diagnosis: &mut Diagnosis, run: &Invocation) {
    let key = diagnosis.key_arn.as_deref();
    diagnosis.causes.iter_mut().for_each(|cause| cause.fix = run.complete(&sentence(&cause.fix), key).into());
    diagnosis
        .unknown
        .iter_mut()
        .for_each(|unknown| unknown.find_out = run.complete(&sentence(&unknown.find_out), key).into());
}

fn causes(diagnosis: &Diagnosis) -> String {
    let line = |cause: &diagnose::Finding| {
        let evidence = labelled(Tone::Bad, &format!("{} ({})", cause.certainty.name(), cause.id), &cause.evidence);
        format!("{evidence}  {}", labelled(Tone::Help, "fix", &cause.fix.to_string()))
    };
    diagnosis.causes.iter().map(line).collect()
}

fn unknown(diagnosis: &Diagnosis) -> String {
    let line = |unknown: &diagnose::Unknown| {
        let what = labelled(Tone::Doubtful, &format!("not known ({})", unknown.id), &unknown.what);
        format!("{what}  {}", labelled(Tone::Help, "find out", &unknown.find_out.to_string()))
    };
    diagnosis.unknown.iter().map(line).collect()
}

fn openssl(command: &OpenSslCommand) -> String {
    let does = match (command.oaep_hash_by_default, command.takes_sha256) {
        (_, Some(false)) => "its pkeyutl cannot do OAEP with SHA-256".to_owned(),
        (Some(hash), _) => format!("its pkeyutl uses {hash} for OAEP unless rsa_oaep_md says otherwise"),
        (None, _) => "what its pkeyutl does could not be found out".to_owned(),
    };
    format!("{}; {does}", command.version)
}

fn opened(opened: &Opened) -> String {
    let mut words = vec![opened.padding.unwrap_or("unreadable with this private key").to_owned()];
    words.extend(opened.oaep_hash.map(|hash| format!("hash {hash}")));
    words.extend(opened.mgf1_hash.map(|hash| format!("MGF1 {hash}")));
    words.extend(opened.second_half.map(|half| format!("then {half}")));
    words.extend(opened.material_bytes.map(|bytes| format!("{bytes} bytes of key material")));
    words.join(", ")
}
