#!/bin/sh
# A login by Debian's awscli 2.9, unpacked beside the system and not installed into it: Debian 12 only.
# usage: aws_sso_login.sh CACHE URL START_URL
set -eu
cache=$1/awscli-2.9 url=$2 start_url=$3
python=/usr/bin/python3

if [ ! -e "$cache/complete" ]; then
    mkdir -p "$cache/packages"
    # The packages of awscli that the system lacks.
    names=$(apt-get install --simulate --no-install-recommends awscli | sed -n 's/^Inst \([^ ]*\).*/\1/p')
    (cd "$cache/packages" && apt-get download $names)
    for package in "$cache"/packages/*.deb; do dpkg -x "$package" "$cache"; done
    touch "$cache/complete"
fi

home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
export HOME="$home" AWS_CONFIG_FILE="$home/config" AWS_PAGER='' PYTHONUNBUFFERED=1 PYTHONPATH="$cache/usr/lib/python3/dist-packages"
unset AWS_PROFILE AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
cat > "$AWS_CONFIG_FILE" <<CONFIG
[profile simulated]
sso_session = simulated
sso_account_id = 111122223333
sso_role_name = Developer
region = us-east-1
[sso-session simulated]
sso_start_url = $start_url
sso_region = us-east-1
sso_registration_scopes = sso:account:access
CONFIG

# 2.9 has no option for the endpoint of `sso login`, but every version of botocore looks up a service's endpoint rules here
# first.
export AWS_DATA_PATH="$home/models"
for service in sso-oidc/2019-06-10 sso/2019-06-10 sts/2011-06-15; do
    mkdir -p "$AWS_DATA_PATH/$service"
    cat > "$AWS_DATA_PATH/$service/endpoint-rule-set-1.json" <<RULES
{
  "version": "1.0",
  "parameters": {
    "Region": { "builtIn": "AWS::Region", "required": false, "documentation": "", "type": "String" },
    "UseDualStack": { "builtIn": "AWS::UseDualStack", "required": true, "default": false, "documentation": "", "type": "Boolean" },
    "UseFIPS": { "builtIn": "AWS::UseFIPS", "required": true, "default": false, "documentation": "", "type": "Boolean" },
    "Endpoint": { "builtIn": "SDK::Endpoint", "required": false, "documentation": "", "type": "String" },
    "UseGlobalEndpoint": { "builtIn": "AWS::STS::UseGlobalEndpoint", "required": true, "default": false, "documentation": "", "type": "Boolean" }
  },
  "rules": [{ "conditions": [], "type": "endpoint", "endpoint": { "url": "$url", "properties": {}, "headers": {} } }]
}
RULES
done

aws() { "$python" "$cache/usr/bin/aws" --profile simulated "$@"; }
aws --version
aws sso login --no-browser > "$home/said" 2>&1 &
login=$!
code=
for _ in $(seq 100); do
    code=$(sed -n 's/.*\([A-Z]\{4\}-[A-Z]\{4\}\).*/\1/p' "$home/said" | head -n 1)
    [ -z "$code" ] || break
    sleep 0.2
done
[ -n "$code" ] || { cat "$home/said"; exit 1; }
curl --silent --show-error --fail -d "user_code=$code" -d user=ada.lovelace "$url/approve"
wait "$login" || { cat "$home/said"; exit 1; }
grep 'Successfully logged into' "$home/said"

# The AWS CLI takes the token from its cache and the role credentials from the portal.
aws sts get-caller-identity --query Arn --output text
aws sso logout
if aws sts get-caller-identity > "$home/said" 2>&1; then
    echo 'still signed in after sso logout'
    exit 1
fi
