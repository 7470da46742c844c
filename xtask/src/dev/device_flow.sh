A=http://localhost:8787/api/auth J='Content-Type: application/json'
field() { sed -E "s/.*\"$1\":\"([^\"]*)\".*/\1/"; }

C=$(curl -sSX POST "$A/register-client")
C="\"client_id\":\"$(field client_id <<<"$C")\",\"client_secret\":\"$(field client_secret <<<"$C")\""
D=$(curl -sS "$A/device-authorization" -H "$J" -d "{$C}")
curl -sS http://127.0.0.1:8789/approve -d "user_code=$(field user_code <<<"$D")" -d user=ada.lovelace
T=$(curl -sS "$A/token" -H "$J" -d "{$C,\"device_code\":\"$(field device_code <<<"$D")\"}")
curl -sS "$A/me" -H "Authorization: Bearer $(field access_token <<<"$T")"
