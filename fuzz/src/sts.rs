//! What STS says, in XML and in JSON.

use crate::{Target, choose, seed};
use edge_auth::aws::fault::Fault;
use edge_auth::aws::sts;
use edge_auth::aws::wire::Inbound;

pub const TARGET: Target = Target {
    name: "sts",
    run,
    seeds,
    words: &[
        "<!--",
        "-->",
        "<!DOCTYPE",
        "<![CDATA[",
        "]]>",
        "</",
        "/>",
        "&#0;",
        "&#x41;",
        "&amp;",
        "a:",
        "<?",
    ],
};

const STATUSES: [u16; 4] = [200, 403, 302, 500];

fn run(data: &[u8]) {
    let (choice, input) = choose(data);
    let status = STATUSES[usize::from(choice) % STATUSES.len()];
    let reply = Inbound {
        status,
        error_type: None,
        body: input.to_vec(),
    };
    match sts::caller_identity(&reply) {
        Ok(caller) => {
            assert_eq!(status, 200);
            let text = std::str::from_utf8(input).expect("what was read is text");
            let account = &caller.arn.account;
            assert!(account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()));
            let is_id = caller
                .principal_id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric());
            assert!(is_id && !caller.principal_id.is_empty());
            if text.trim_start().starts_with(['<', '\u{feff}']) {
                assert!(!text.contains("<!"), "a declaration was passed over");
                assert_eq!(
                    text.matches("</").count(),
                    ends(text),
                    "an element is not closed"
                );
            }
        }
        Err(Fault::Refused(_)) => assert!(status >= 400),
        Err(fault) => assert!(!fault.code().is_empty()),
    }
}

/// Elements that are opened and not at once closed.
fn ends(text: &str) -> usize {
    text.match_indices('<')
        .filter(|(at, _)| {
            let tag = &text[at + 1..];
            let end = tag.find('>').unwrap_or(tag.len());
            !tag.starts_with(['/', '?']) && !tag[..end].ends_with('/')
        })
        .count()
}

fn seeds() -> Vec<Vec<u8>> {
    const ARN: &str =
        "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Dev_0123456789abcdef/a@b.example";
    let xml = format!(
        "<?xml version=\"1.0\"?>\n<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n\
         <GetCallerIdentityResult><Arn>{ARN}</Arn><UserId>AROAEXAMPLE:a@b.example</UserId>\
         <Account>123456789012</Account></GetCallerIdentityResult>\
         <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
    );
    let json = format!(
        r#"{{"GetCallerIdentityResponse":{{"GetCallerIdentityResult":{{"Account":"123456789012","Arn":"{ARN}","UserId":"AROAEXAMPLE:a@b.example"}},"ResponseMetadata":{{"RequestId":"1"}}}}}}"#
    );
    let refused = "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
                   <Code>SignatureDoesNotMatch</Code><Message>&lt;no&#62;</Message></Error></ErrorResponse>";
    vec![seed(0, xml), seed(0, json), seed(1, refused), seed(3, "{}")]
}
