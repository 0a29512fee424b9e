"""SQLite with a write-ahead log: a transaction each time round, over one connection and over one that is opened anew."""
import os
import sqlite3
import time

os.mkdir("database")
kept = sqlite3.connect("database/db")
kept.execute("pragma journal_mode = wal")
kept.execute("create table numbers (n integer primary key, text)")
for i in range(40):
    connection = sqlite3.connect("database/db") if i % 2 else kept
    connection.execute("insert into numbers values (?, ?)", (i, str(i) * 1000))
    connection.commit()
    if i % 2:
        connection.close()
    time.sleep(0.05)
print(kept.execute("pragma integrity_check").fetchall())
print(kept.execute("select count(*), sum(n), sum(length(text)) from numbers").fetchall())
