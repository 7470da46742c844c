//! What STS says, in XML and in JSON.

use crate::{Target, choose, seed};
use edge_auth::aws::error::AwsError;
use edge_auth::aws::sts;
use edge_auth::aws::wire::AwsResponse;

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
    let reply = AwsResponse {
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
            let text = text.trim_start();
            if text.starts_with(['<', '\u{feff}']) {
                let declared = text.contains("<?xml ").then(|| text.split_once("?>"));
                let text = declared.flatten().map_or(text, |(_, rest)| rest);
                assert!(!text.contains("<!"), "a declaration was passed over");
                assert_eq!(
                    text.matches("</").count(),
                    ends(text),
                    "an element is not closed"
                );
            }
        }
        Err(AwsError::Refused(_)) => assert!(status >= 400),
        Err(fault) => assert!(!fault.code().is_empty()),
    }
}

/// Elements that are opened and not at once closed. No `<` stands anywhere but at a tag.
fn ends(text: &str) -> usize {
    let tags = text.split('<').skip(1);
    tags.filter(|tag| !tag.starts_with('/') && !is_empty(tag))
        .count()
}

/// True if a tag ends in `/>`, which inside of quotes means nothing.
fn is_empty(tag: &str) -> bool {
    let mut quote = None;
    let mut last = ' ';
    for letter in tag.chars() {
        match quote {
            None if letter == '>' => return last == '/',
            None if letter == '"' || letter == '\'' => quote = Some(letter),
            Some(open) if open == letter => quote = None,
            _ => {}
        }
        last = letter;
    }
    false
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
