#!/bin/sh
# The first flow with curl. What curl cannot make, the lab's commands make: the client assertion and
# the DPoP proofs. The client's key signs both, as those commands know one key.
#
# packages/client/src/demos/tools/curl.sh [folder of a client] [resource server]
set -eu
folder=${1:-.lab/clients/private-key-jwt-dpop}
resource=${2:-https://localhost:9543}
name=$(basename "$folder")
issuer=$(sed -n 's/.*"issuer": *"\([^"]*\)".*/\1/p' "$folder/client.json")
lab="${LAB:-scripts/lab} --state $(dirname "$(dirname "$folder")")"
received=$(mktemp)
trap 'rm -f "$received"' EXIT

send() { curl --silent --show-error --cacert "$folder/trust.pem" --dump-header "$received" "$@"; }

# Further arguments of these two go to the command that makes the proof.
ask_for_token() {
  send "$issuer/token" \
    --header "DPoP: $($lab proof POST "$issuer/token" --as "$name" "$@")" \
    --data grant_type=client_credentials \
    --data scope=accounts \
    --data "resource=$resource" \
    --data "client_id=$name" \
    --data client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer \
    --data "client_assertion=$($lab assertion --as "$name")" # for one request: the second has another
}
call() {
  send "$resource/accounts" \
    --header "Authorization: DPoP $token" \
    --header "DPoP: $($lab proof GET "$resource/accounts" --as "$name" --token "$token" "$@")"
}

status() { sed -n 's/^HTTP[^ ]* \([0-9]*\).*/\1/p' "$received"; }
field() { sed -n "s/^$1: *\([^[:space:]]*\).*/\1/Ip" "$received"; }

# What is refused with a nonce is sent once more with it, and no third time.
twice() {
  answer=$("$@")
  nonce=$(field dpop-nonce)
  case $(status) in 400 | 401) [ -z "$nonce" ] || answer=$("$@" --nonce "$nonce") ;; esac
}

member() { printf '%s' "$answer" | sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p"; }

twice ask_for_token
token=$(member access_token)
[ -n "$token" ] || { printf '%s\n' "$answer" >&2; exit 1; }
echo "token of type $(member token_type), $(member expires_in) s, scope \"$(member scope)\""
[ "$(member token_type)" = DPoP ] || exit 1 # a Bearer token is one that anybody can use

twice call
echo "GET $resource/accounts: $(status)"
echo "$answer"
[ "$(status)" = 200 ]
