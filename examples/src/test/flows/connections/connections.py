"""A server and its clients in one program, and a connection that is always full: what each has got in the end."""
import asyncio
import hashlib
import random
import sys

HOST = "127.0.0.1"
PIECE = 1 << 16


async def serve(reader, writer):
    """Answers each line with its digest."""
    while line := await reader.readline():
        writer.write(hashlib.sha256(line).hexdigest().encode() + b"\n")
        await writer.drain()
    writer.close()


async def ask(port, name, rounds):
    reader, writer = await asyncio.open_connection(HOST, port)
    word = name.encode()
    for _ in range(rounds):
        writer.write(word + b"\n")
        word = (await reader.readline()).strip()
        await asyncio.sleep(0.01)
    writer.close()
    return f"{name} {word.decode()}"


async def pour(reader, writer):
    """As fast as the connection takes it."""
    pieces = random.Random(7)
    for _ in range(int(await reader.readline())):
        writer.write(pieces.randbytes(PIECE))
        await writer.drain()
    writer.close()


async def drink(port, pieces):
    """Slowly."""
    reader, writer = await asyncio.open_connection(HOST, port, limit=PIECE)
    writer.write(b"%d\n" % pieces)
    digest = hashlib.sha256()
    while piece := await reader.read(PIECE):
        digest.update(piece)
        await asyncio.sleep(0.005)
    writer.close()
    return f"poured {digest.hexdigest()}"


async def main(rounds):
    answers = await asyncio.start_server(serve, HOST, 0)
    fountain = await asyncio.start_server(pour, HOST, 0)
    to_answers, to_fountain = (server.sockets[0].getsockname()[1] for server in (answers, fountain))
    drinking = asyncio.create_task(drink(to_fountain, rounds))
    for turn in range(2):
        for got in await asyncio.gather(*(ask(to_answers, f"{turn}.{i}", rounds) for i in range(5))):
            print(got, flush=True)
    print(await drinking)


asyncio.run(main(int(sys.argv[1])))
