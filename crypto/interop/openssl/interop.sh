#!/usr/bin/env bash
# Opens what an implementation wrote with nothing but the OpenSSL command line (3.0 or newer): the private keys, the first
# signature of each account, and of every message and sealed object each step from the wrap to the hidden plaintext.
# What FORMAT.md builds around these steps is compared by ../python and ../node. The shape of the files: ../README.md.
#
#     interop.sh open DIR
set -euo pipefail

[[ $# == 2 && $1 == open ]] || { echo "interop.sh open DIR" >&2; exit 1; }
[[ $(openssl version) == "OpenSSL "[3-9].* ]] || { echo "this needs the openssl command, 3.0 or newer" >&2; exit 1; }
folder=$2
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
mismatches=0

# Hexadecimal to bytes and back, text and L(x) in hexadecimal, and the length of hexadecimal as a u64.
bytes() { printf "$(sed 's/../\\x&/g' <<< "$1")"; }
hex() { od -An -v -tx1 | tr -d ' \n'; }
declare -A texts
text() { [[ -v texts[$1] ]] || texts[$1]=$(printf '%s' "$1" | hex); REPLY=${texts[$1]}; }
label() { text "SGN1 $1"; REPLY+=00; }
length() { printf -v REPLY '%016x' $((${#1} / 2)); }

sha256() { bytes "$1" | openssl dgst -sha256 -r | cut -c 1-64; }
hmac() { bytes "$2" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$1" -r | cut -c 1-64; }
hkdf() { # ikm salt info length
    openssl kdf -keylen "$4" -kdfopt digest:SHA256 -kdfopt "hexkey:$1" -kdfopt "hexsalt:$2" -kdfopt "hexinfo:$3" -binary HKDF | hex
}
cfb() { bytes "$3" | openssl enc -d -aes-256-cfb -K "$1" -iv "$2" | hex; }
unwrap() { # key label wrap
    bytes "$3" | openssl pkeyutl -decrypt -inkey "$room/key-$1.pem" -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 \
        -pkeyopt rsa_mgf1_md:sha256 -pkeyopt "rsa_oaep_label:$2" | hex
}
verify() { # key label digest signature
    bytes "$4" > "$room/sig"
    label "$2"
    bytes "$REPLY$3" | openssl dgst -sha256 -verify "$room/public-$1.pem" -signature "$room/sig" \
        -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -sigopt rsa_mgf1_md:sha256 > /dev/null
}

bad() { echo "mismatch: $1"; mismatches=$((mismatches + 1)); }
same() { [[ $2 == "$3" ]] || bad "$1"; }

# Calls $2 for every record of the files $3..., with its place in $at and its fields in the array r: of a list the first,
# and of the statements those of the first. (The rows of `seen` are records too, and nothing here needs them.)
each() {
    local name value
    at=0
    grep -h '^{' "${@:3}" | sed 's/"seen":\[[^]]*\]//' | grep -oE '"[A-Za-z0-9_]+":\[?"[^"]*"|\},?$' \
        | sed -E 's/^"([A-Za-z0-9_]+)":\[?"(.*)"$/\1 \2/' > "$room/fields"
    declare -gA r=()
    while read -r name value; do
        if [[ $name == '}'* ]]; then
            "$2" "$1 $at"
            at=$((at + 1))
            r=()
        else
            [[ -v r[$name] ]] || r[$name]=$value
        fi
    done < "$room/fields"
    echo "OpenSSL opened $at of: $1"
    [[ $at -gt 0 ]] || bad "there are none of: $1"
}

key() {
    local file=$room/key-$at.pem
    printf '%b' "${r[pkcs8]}" > "$file"
    openssl pkey -in "$file" -check -noout > /dev/null || bad "$1: no RSA key"
    openssl pkey -in "$file" -pubout -out "$room/public-$at.pem"
    same "$1: spki" "${r[spki]}" "$(openssl pkey -in "$file" -pubout -outform DER | hex)"
    label ik
    same "$1: ik_hash" "${r[ik_hash]}" "$(sha256 "$REPLY${r[spki]}")"
    label ek
    same "$1: ek_id" "${r[ek_id]}" "$(sha256 "${REPLY}0001${r[spki]}")"
}

account() {
    label stmt
    same "$1: statement_hash" "${r[statement_hash]}" "$(sha256 "$REPLY${r[body]}")"
    verify "${r[ik]}" "sig stmt" "${r[statement_hash]}" "${r[sig]}" || bad "$1: sig"
}

message() {
    local ct=${r[ct]} ctx=${r[ctx]} root=${r[root]} size
    length "$ct"
    size=$REPLY
    label ctx
    same "$1: ctx" "$ctx" "$(sha256 "$REPLY${r[header]}")"
    same "$1: K" "${r[K]}" "$(unwrap "${r[eks]}" "${r[wrap_labels]}" "${r[wraps]}")"
    label keys
    same "$1: enc, mac" "${r[enc]}${r[mac]}" "$(hkdf "${r[K]}" "$ctx" "${REPLY}0001" 64)"
    label tag
    same "$1: tag" "${r[tag]}" "$(hmac "${r[mac]}" "$REPLY$ctx$root$size$ct")"
    same "$1: hidden" "${r[hidden]}" "$(cfb "${r[enc]}" "${r[iv]}" "$ct")"
    label id
    same "$1: env_id" "${r[env_id]}" "$(sha256 "$REPLY${r[header]}$root${size:8}$ct${r[tag]}")"
    verify "${r[ik]}" "sig msg" "${r[env_id]}" "${r[sig]}" || bad "$1: sig"
}

object() {
    local ct=${r[ct]} input info
    label seal
    info=$REPLY
    label "seal tag"
    input=$REPLY
    text "${r[purpose]}"
    same "$1: enc, mac, iv" "${r[enc]}${r[mac]}${r[iv]}" "$(hkdf "${r[key]}" "${r[salt]}" "$info$REPLY" 80)"
    printf -v input '%s%02x%s' "$input" ${#r[purpose]} "$REPLY"
    length "${r[aad]}"
    input+=$REPLY${r[aad]}${r[salt]}
    length "$ct"
    same "$1: tag" "${r[tag]}" "$(hmac "${r[mac]}" "$input$REPLY$ct")"
    same "$1: hidden" "${r[hidden]}" "$(cfb "${r[enc]}" "${r[iv]}" "$ct")"
}

each keys key "$folder/keys.json"
each accounts account "$folder/accounts.json"
each messages message "$folder/messages.json"
each "sealed objects" object "$folder"/{objects,slots,keystores,history}.json
echo "OpenSSL: $mismatches mismatches"
[[ $mismatches == 0 ]]
