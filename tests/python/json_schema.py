"""Whether a document is what a JSON schema says, for the tests.

    json_schema.py SCHEMA   a document from stdin; prints what is wrong, one line each, and ends with 1 if something is
"""

import json
import sys

import jsonschema


def main(path):
    with open(path) as file:
        schema = json.load(file)
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    wrong = [f"{'/'.join(map(str, it.absolute_path))}: {it.message[:200]}"
             for it in kind(schema).iter_errors(json.load(sys.stdin))]
    print("\n".join(wrong))
    return 1 if wrong else 0


sys.exit(main(sys.argv[1]))
