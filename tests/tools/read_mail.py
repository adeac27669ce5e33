"""Reads one mail as a mail client would, with Python's own parser, and prints it as JSON.

Usage: read_mail.py PATH

`headers` are decoded pairs in order, `parts` the text parts, decoded, and `defects` everything that
the parser found wrong anywhere.
"""

import email
import email.policy
import json
import sys

with open(sys.argv[1], "rb") as file:
    wire = file.read()
mail = email.message_from_bytes(wire, policy=email.policy.default)
defects = [str(defect) for part in mail.walk() for defect in part.defects]
defects += [f"{name}: {defect}" for name, value in mail.items() for defect in value.defects]
parts = [
    {
        "type": part.get_content_type(),
        "encoding": str(part["content-transfer-encoding"]),
        "charset": part.get_content_charset(),
        "text": part.get_content(),
    }
    for part in mail.walk()
    if not part.is_multipart()
]
addresses = {
    name: [[address.display_name, address.addr_spec] for address in mail[name].addresses]
    for name in ("from", "to")
}
print(
    json.dumps(
        {
            "type": mail.get_content_type(),
            "headers": [[name, str(value)] for name, value in mail.items()],
            "addresses": addresses,
            "date": mail["date"].datetime.timestamp(),
            "parts": parts,
            "defects": defects,
        }
    )
)
