"""Joins the independent estimates: join.py FOLDER FILE... writes FOLDER/area.json."""
import json
import sys

import numpy as np

folder, files = sys.argv[1], sys.argv[2:]
last = [np.loadtxt(file, delimiter=",", ndmin=2)[-1, 2] for file in files]
result = {
    "estimates": last,
    "mean": float(np.mean(last)),
    "standard_error": float(np.std(last, ddof=1) / np.sqrt(len(last))),
}
with open(f"{folder}/area.json", "w") as out:
    json.dump(result, out, indent=2)
print(f"joined {len(last)} estimates")
