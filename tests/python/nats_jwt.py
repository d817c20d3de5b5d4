"""Keys and JWTs of a NATS server for the tests, as `nsc` would make them.

    nats_jwt.py FOLDER   writes user.creds, user.nk, operator.conf and nkey.conf
"""

import base64
import json
import os
import sys
import time

import nkeys


def pair(prefix):
    seed = nkeys.encode_seed(os.urandom(32), prefix)
    return seed.decode(), nkeys.from_seed(seed)


def encoded(bytes_):
    return base64.urlsafe_b64encode(bytes_).rstrip(b"=").decode()


def jwt(issuer, subject, name, claims):
    public = lambda key: key.public_key.decode()
    body = {"jti": name, "iat": int(time.time()), "iss": public(issuer), "name": name, "sub": public(subject),
            "nats": claims | {"version": 2}}
    head = {"typ": "JWT", "alg": "ed25519-nkey"}
    text = ".".join(encoded(json.dumps(it).encode()) for it in [head, body])
    return f"{text}.{encoded(issuer.sign(text.encode()))}"


def main(folder):
    _, operator = pair(nkeys.PREFIX_BYTE_OPERATOR)
    _, account = pair(nkeys.PREFIX_BYTE_ACCOUNT)
    _, system = pair(nkeys.PREFIX_BYTE_ACCOUNT)
    seed, user = pair(nkeys.PREFIX_BYTE_USER)
    every = {it: -1 for it in ["subs", "data", "payload", "imports", "exports", "conn", "leaf",
                               "mem_storage", "disk_storage", "streams", "consumer"]}
    of_account = jwt(operator, account, "programme", {"type": "account", "limits": every | {"wildcards": True}})
    none = every | {"mem_storage": 0, "disk_storage": 0, "streams": 0, "consumer": 0, "wildcards": True}
    of_system = jwt(operator, system, "system", {"type": "account", "limits": none})
    of_user = jwt(account, user, "leitstand", {"type": "user", "subs": -1, "data": -1, "payload": -1})
    write = lambda name, text: open(os.path.join(folder, name), "w").write(text)
    write("user.nk", seed + "\n")
    write("user.creds", f"""-----BEGIN NATS USER JWT-----
{of_user}
------END NATS USER JWT------

-----BEGIN USER NKEY SEED-----
{seed}
------END USER NKEY SEED------
""")
    write("operator.conf", f"""operator: {jwt(operator, operator, "operator", {"type": "operator"})}
resolver: MEMORY
system_account: {system.public_key.decode()}
resolver_preload: {{
  {account.public_key.decode()}: {of_account}
  {system.public_key.decode()}: {of_system}
}}
""")
    write("nkey.conf", f"authorization: {{ users: [ {{ nkey: {user.public_key.decode()} }} ] }}\n")


main(sys.argv[1])
