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

# Hexadecimal to bytes and back, text and L(x) in hexadecimal, and the length of hexadecimal as a u64. A process costs more
# than what most of these steps compute, so nothing but OpenSSL is started for each: `escape` makes of hexadecimal what
# printf, a part of the shell, makes bytes of (long fields are escaped for all records at once, and have a name with _x).
if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 502)); then
    escape() { REPLY=${1//??/\\x&}; }
else
    escape() { REPLY=$(sed 's/../\\x&/g' <<< "$1"); }
fi
bytes() { escape "$1"; printf "$REPLY"; }
hex() { od -An -v -tx1 | tr -d ' \n'; }
declare -A texts
text() { [[ -v texts[$1] ]] || texts[$1]=$(printf '%s' "$1" | hex); REPLY=${texts[$1]}; }
label() { text "SGN1 $1"; REPLY+=00; }
length() { printf -v REPLY '%016x' $((${#1} / 2)); }

# What these write is compared for all records together: `claim` says beforehand what must come.
sha256() { openssl dgst -sha256 -binary >> "$room/got"; }
hmac() { openssl dgst -sha256 -mac HMAC -macopt "hexkey:$1" -binary >> "$room/got"; }
hkdf() { # ikm salt info length
    openssl kdf -keylen "$4" -kdfopt digest:SHA256 -kdfopt "hexkey:$1" -kdfopt "hexsalt:$2" -kdfopt "hexinfo:$3" -binary HKDF \
        >> "$room/got"
}
cfb() { openssl enc -d -aes-256-cfb -K "$1" -iv "$2" >> "$room/got"; }
unwrap() { # key label
    openssl pkeyutl -decrypt -inkey "$room/key-$1.pem" -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 \
        -pkeyopt rsa_mgf1_md:sha256 -pkeyopt "rsa_oaep_label:$2" >> "$room/got"
}
verify() { # key label digest signature
    bytes "$4" > "$room/sig"
    label "$2"
    bytes "$REPLY$3" | openssl dgst -sha256 -verify "$room/public-$1.pem" -signature "$room/sig" \
        -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -sigopt rsa_mgf1_md:sha256 > /dev/null
}

bad() { echo "mismatch: $1"; mismatches=$((mismatches + 1)); }
same() { [[ $2 == "$3" ]] || bad "$1"; }
claim() { # what wanted
    printf '%s' "$2" >> "$room/wanted"
    wanted=$((wanted + ${#2}))
    claims+=("$wanted $1")
}

# The first claim that does not hold, if there is one.
compare() {
    local at one
    hex < "$room/got" > "$room/said"
    if ! at=$(cmp "$room/wanted" "$room/said" 2>&1); then
        at=$(grep -oE 'byte [0-9]+' <<< "$at" | head -n 1 | tr -dc 0-9)
        for one in "${claims[@]}"; do
            if ((${one%% *} >= at)); then bad "${one#* }, and perhaps more after it"; break; fi
        done
        ((${#claims[@]})) && ((${one%% *} >= at)) || bad "$1: more came than was wanted"
    fi
}

# Calls $2 for every record of the files $3..., with its place in $at and its fields in the array r: of a list the first,
# and of the statements those of the first. (The rows of `seen` are records too, and nothing here needs them.)
each() {
    local name value
    at=0
    grep -h '^{' "${@:3}" | sed 's/"seen":\[[^]]*\]//' | grep -oE '"[A-Za-z0-9_]+":\[?"[^"]*"|\},?$' \
        | sed -E 's/^"([A-Za-z0-9_]+)":\[?"(.*)"$/\1 \2/' \
        | sed -E '/^(ct|header|body|spki|wraps|aad) /{p; h; s/ .*/_x /; x; s/^[^ ]+ //; s/../\\x&/g; x; G; s/\n//}' > "$room/fields"
    declare -gA r=()
    declare -ga claims=()
    wanted=0
    : > "$room/got" > "$room/wanted"
    while read -r name value; do
        if [[ $name == '}'* ]]; then
            "$2" "$1 $at"
            at=$((at + 1))
            r=()
        else
            [[ -v r[$name] ]] || r[$name]=$value
        fi
    done < "$room/fields"
    compare "$1"
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
    escape "$REPLY"
    claim "$1: ik_hash" "${r[ik_hash]}"
    printf "$REPLY${r[spki_x]}" | sha256
    label ek
    escape "${REPLY}0001"
    claim "$1: ek_id" "${r[ek_id]}"
    printf "$REPLY${r[spki_x]}" | sha256
}

account() {
    label stmt
    escape "$REPLY"
    claim "$1: statement_hash" "${r[statement_hash]}"
    printf "$REPLY${r[body_x]}" | sha256
    verify "${r[ik]}" "sig stmt" "${r[statement_hash]}" "${r[sig]}" || bad "$1: sig"
}

message() {
    local ctx=${r[ctx]} root=${r[root]} size rest
    length "${r[ct]}"
    size=$REPLY
    label ctx
    escape "$REPLY"
    claim "$1: ctx" "$ctx"
    printf "$REPLY${r[header_x]}" | sha256
    claim "$1: K" "${r[K]}"
    printf "${r[wraps_x]}" | unwrap "${r[eks]}" "${r[wrap_labels]}" || bad "$1: wrap"
    label keys
    claim "$1: enc, mac" "${r[enc]}${r[mac]}"
    hkdf "${r[K]}" "$ctx" "${REPLY}0001" 64
    label tag
    escape "$REPLY$ctx$root$size"
    claim "$1: tag" "${r[tag]}"
    printf "$REPLY${r[ct_x]}" | hmac "${r[mac]}"
    claim "$1: hidden" "${r[hidden]}"
    printf "${r[ct_x]}" | cfb "${r[enc]}" "${r[iv]}"
    escape "$root${size:8}"
    rest=$REPLY
    escape "${r[tag]}"
    rest+=${r[ct_x]}$REPLY
    label id
    escape "$REPLY"
    claim "$1: env_id" "${r[env_id]}"
    printf "$REPLY${r[header_x]}$rest" | sha256
    verify "${r[ik]}" "sig msg" "${r[env_id]}" "${r[sig]}" || bad "$1: sig"
}

object() {
    local before info size
    label seal
    info=$REPLY
    label "seal tag"
    before=$REPLY
    text "${r[purpose]}"
    claim "$1: enc, mac, iv" "${r[enc]}${r[mac]}${r[iv]}"
    hkdf "${r[key]}" "${r[salt]}" "$info$REPLY" 80
    printf -v before '%s%02x%s' "$before" ${#r[purpose]} "$REPLY"
    length "${r[aad]}"
    escape "$before$REPLY"
    before=$REPLY${r[aad_x]}
    length "${r[ct]}"
    escape "${r[salt]}$REPLY"
    claim "$1: tag" "${r[tag]}"
    printf "$before$REPLY${r[ct_x]}" | hmac "${r[mac]}"
    claim "$1: hidden" "${r[hidden]}"
    printf "${r[ct_x]}" | cfb "${r[enc]}" "${r[iv]}"
}

each keys key "$folder/keys.json"
each accounts account "$folder/accounts.json"
each messages message "$folder/messages.json"
each "sealed objects" object "$folder"/{objects,slots,keystores,history}.json
echo "OpenSSL: $mismatches mismatches"
[[ $mismatches == 0 ]]
