"""Logs that are rotated by renaming; the oldest goes."""
import logging.handlers
import os
import time

os.mkdir("logs")
handler = logging.handlers.RotatingFileHandler("logs/app.log", maxBytes=2000, backupCount=3)
logger = logging.getLogger()
logger.addHandler(handler)
logger.setLevel(logging.INFO)
for i in range(100):
    logger.info("line %d %s", i, "x" * 50)
    time.sleep(0.02)
for name in sorted(os.listdir("logs")):
    print(name)
    with open(os.path.join("logs", name)) as log:
        print(log.read())
