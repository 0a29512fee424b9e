"""DuckDB: a transaction each time round, checkpoints of its own, and the database closed and opened again."""
import os
import time

import duckdb

os.mkdir("columns")
database = duckdb.connect("columns/db", config={"threads": 2})
database.execute("create table numbers (n integer primary key, line varchar)")
for i in range(40):
    database.execute("begin")
    database.execute("insert into numbers select ? * 100 + range, repeat('x', range) from range(100)", [i])
    database.execute("delete from numbers where n % 100 = ?", [i])
    database.execute("commit")
    if i % 7 == 3:
        database.execute("checkpoint")
    if i % 10 == 9:
        database.close()
        database = duckdb.connect("columns/db", config={"threads": 2})
    time.sleep(0.05)
print(database.execute("select count(*), sum(n), sum(length(line)), bit_xor(hash(n, line)) from numbers").fetchall())
