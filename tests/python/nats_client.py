"""An independent client of Leitstand on NATS, for the tests: nats-py and nothing of the product.

    nats_client.py feed URL PROGRAMME [ACTOR]   rows from stdin, one request each; the replies
    nats_client.py post URL PROGRAMME [ACTOR]   rows from stdin into the stream of rows; the acknowledgements
    nats_client.py send URL                     messages from stdin as they are (subject, headers, body); the replies
    nats_client.py ask  URL PROGRAMME           questions from stdin; headers and bodies of the replies
    nats_client.py stream URL NAME              every message of a stream, in its order
    nats_client.py pull URL NAME CONSUMER COUNT so many messages through a consumer that is there
    nats_client.py follow URL COUNT             events by id, each once, until so many were seen
    nats_client.py service URL                  what $SRV.PING, INFO and STATS say
    nats_client.py divert URL SUBJECT REPLY     a message whose reply is wanted there; nothing is awaited
    nats_client.py take URL STREAM SUBJECT      tries to read and write somebody else's stream; what came of it

Rows and questions come as lines of JSON, and so does everything that is printed. LEITSTAND_USER and
LEITSTAND_PASSWORD are sent if they are set; replies come below LEITSTAND_INBOX, within LEITSTAND_PATIENCE.
Who is in another account than Leitstand finds the server's API below LEITSTAND_API.
"""

import asyncio
import base64
import json
import os
import sys

import nats
from nats.errors import TimeoutError as Late
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

PATIENCE = float(os.environ.get("LEITSTAND_PATIENCE", "30"))


async def connected(url):
    access = {}
    if "LEITSTAND_USER" in os.environ:
        access = {"user": os.environ["LEITSTAND_USER"], "password": os.environ["LEITSTAND_PASSWORD"]}
    inbox = os.environ.get("LEITSTAND_INBOX", "_INBOX")
    return await nats.connect(url.split(","), connect_timeout=10, max_reconnect_attempts=-1,
                              reconnect_time_wait=0.2, inbox_prefix=inbox.encode(), **access)


def stream_context(client, timeout=PATIENCE):
    return client.jetstream(timeout=timeout, prefix=os.environ.get("LEITSTAND_API", "$JS.API"))


def token(text):
    return "".join(chr(it) if chr(it).isascii() and (chr(it).isalnum() or it in b"-_") else f"={it:02X}"
                   for it in text.encode())


def lines():
    return [json.loads(it) for it in sys.stdin if it.strip()]


def say(it):
    print(json.dumps(it, ensure_ascii=False), flush=True)


def message(number, row):
    """The row as plain JSON, as a structured or as a binary CloudEvent, in turn."""
    attributes = {"specversion": "1.0", "id": str(number), "source": "/pmo/ä".replace("ä", "%C3%A4"),
                  "type": "de.leitstand.row", "subject": f"Zeile {number}"}
    if number % 3 == 0:
        return json.dumps(row).encode(), None
    if number % 3 == 1:
        event = attributes | {"datacontenttype": "application/json", "data": row}
        if number % 2:
            event.pop("data")
            event["data_base64"] = base64.b64encode(json.dumps(row).encode()).decode()
        return json.dumps(event).encode(), {"Content-Type": "application/cloudevents+json"}
    headers = {f"ce-{name}": value.replace("%", "%25").replace(" ", "%20") for name, value in attributes.items()}
    return json.dumps(row).encode(), headers | {"ce-datacontenttype": "application/json"}


async def feed(url, programme, *actor):
    client = await connected(url)
    for number, line in enumerate(lines()):
        payload, headers = message(number, line["row"])
        subject = ".".join(["leitstand", token(programme), "feed", token(line["table"]), *map(token, actor)])
        reply = await client.request(subject, payload, timeout=PATIENCE, headers=headers)
        say(json.loads(reply.data))
    await client.drain()


async def send(url):
    client = await connected(url)
    for line in lines():
        reply = await client.request(line["subject"], line["body"].encode(), timeout=PATIENCE,
                                     headers=line.get("headers"))
        say(json.loads(reply.data))
    await client.drain()


async def post(url, programme, *actor):
    client = await connected(url)
    stream = stream_context(client)
    for number, line in enumerate(lines()):
        payload, headers = message(number, line["row"])
        subject = ".".join(["leitstand", token(programme), "post", token(line["table"]), *map(token, actor)])
        ack = await stream.publish(subject, payload, headers=headers)
        say({"stream": ack.stream, "seq": ack.seq})
    await client.drain()


async def ask(url, programme):
    client = await connected(url)
    for line in lines():
        payload = line["body"].encode() if "body" in line else json.dumps(line["options"]).encode()
        subject = f"leitstand.{programme}.ask.{line['answer']}"
        reply = await client.request(subject, payload, timeout=PATIENCE)
        say({"headers": dict(reply.headers or {}), "body": reply.data.decode()})
    await client.drain()


async def stream(url, name):
    client = await connected(url)
    context = stream_context(client)
    last = (await context.stream_info(name)).state.last_seq
    seen = 0
    if "LEITSTAND_API" in os.environ:
        # Who is in another account makes no consumer; it reads one message after the other.
        for seen in range(1, last + 1):
            it = await context.get_msg(name, seq=seen)
            say({"subject": it.subject, "sequence": it.seq, "headers": dict(it.headers or {}),
                 "body": it.data.decode()})
    elif last:
        config = ConsumerConfig(deliver_policy=DeliverPolicy.ALL, ack_policy=AckPolicy.NONE, inactive_threshold=30)
        following = await context.pull_subscribe("", stream=name, config=config)
        while seen < last:
            try:
                messages = await following.fetch(500, timeout=PATIENCE)
            except nats.js.errors.ServiceUnavailableError:
                # A cluster that has just lost a server; what reads on asks again.
                await asyncio.sleep(0.2)
                continue
            for it in messages:
                assert it.metadata.sequence.stream > seen, "out of order"
                seen = it.metadata.sequence.stream
                say({"subject": it.subject, "sequence": seen, "headers": dict(it.headers or {}),
                     "body": it.data.decode()})
    await client.close()


async def pull(url, name, consumer, count):
    client = await connected(url)
    following = await stream_context(client).pull_subscribe_bind(consumer=consumer, stream=name)
    count = int(count)
    while count:
        for it in await following.fetch(count, timeout=PATIENCE):
            count -= 1
            await it.ack_sync()
            say({"subject": it.subject, "sequence": it.metadata.sequence.stream})
    await client.close()


async def divert(url, subject, reply):
    client = await connected(url)
    for line in lines() or [{}]:
        await client.publish(subject, json.dumps(line.get("row", line)).encode(), reply=reply)
    await client.flush()
    await client.close()


async def take(url, name, subject):
    """Reads and writes what is somebody else's, in every way there is; prints what came of each."""
    client = await connected(url)
    api = os.environ.get("LEITSTAND_API", "$JS.API")
    last = json.dumps({"last_by_subj": subject}).encode()
    consumer = json.dumps({"stream_name": name, "config": {"name": "spy", "ack_policy": "none"}}).encode()
    ways = [(f"{prefix}.{verb}.{name}{end}", body) for prefix in {api, "$JS.API"} for verb, end, body in [
        ("STREAM.INFO", "", b""), ("STREAM.MSG.GET", "", last), ("DIRECT.GET", "", last), ("STREAM.PURGE", "", b""),
        ("STREAM.DELETE", "", b""), ("STREAM.MSG.DELETE", "", b'{"seq":1}'), ("CONSUMER.CREATE", ".spy", consumer)]]
    ways.append((subject, b"x"))
    came = await asyncio.gather(*(outcome(client, *it) for it in ways))
    for (way, _), it in zip(ways, came):
        say({way: it})
    heard = await client.subscribe(subject)
    try:
        say({"subscribe": (await heard.next_msg(timeout=1)).subject})
    except Exception:
        say({"subscribe": None})
    await client.close()


async def outcome(client, subject, body):
    """The reply; none if nobody answers or the server forbids it."""
    try:
        return (await client.request(subject, body, timeout=1)).data.decode()
    except (Late, nats.errors.Error, asyncio.TimeoutError):
        return None


async def follow(url, count):
    """A consumer that remembers ids and nothing else; it may meet a server that is restarted."""
    client = await connected(url)
    context = stream_context(client, timeout=5)
    ids, positions, doubled, last = set(), [], 0, 0
    while len(ids) < int(count):
        try:
            config = ConsumerConfig(deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=last + 1,
                                    inactive_threshold=30)
            following = await context.pull_subscribe("", stream="LEITSTAND_EVENTS", config=config)
            while len(ids) < int(count):
                for it in await following.fetch(500, timeout=2):
                    sequence = it.metadata.sequence.stream
                    assert sequence > last, (sequence, last)
                    last = sequence
                    event = json.loads(it.data)
                    if event["id"] in ids:
                        doubled += 1
                        continue
                    ids.add(event["id"])
                    positions.append(event["position"])
                    await it.ack()
        except (Late, nats.errors.Error, nats.js.errors.Error, asyncio.TimeoutError) as error:
            print(f"again: {error!r}", file=sys.stderr)
            await asyncio.sleep(0.2)
    say({"seen": len(ids), "doubled": doubled, "in_order": positions == sorted(positions), "last": last})
    await client.close()


async def service(url):
    client = await connected(url)
    # The second way is that of who does not know yet what services there are.
    for whom in [".leitstand", ""]:
        for verb in ["PING", "INFO", "STATS"]:
            reply = await client.request(f"$SRV.{verb}{whom}", b"", timeout=PATIENCE)
            say(json.loads(reply.data))
    await client.close()


if __name__ == "__main__":
    what = {it.__name__: it for it in [feed, send, post, ask, stream, pull, follow, service, divert, take]}
    asyncio.run(what[sys.argv[1]](*sys.argv[2:]))
