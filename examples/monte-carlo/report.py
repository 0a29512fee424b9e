"""Says the result in one line and draws how the estimates settled: report.py FOLDER FILE..."""
import json
import sys

import numpy as np

folder, files = sys.argv[1], sys.argv[2:]
with open(f"{folder}/area.json") as file:
    result = json.load(file)
print(f"area of the Mandelbrot set: {result['mean']:.5f} +- {result['standard_error']:.5f}")
areas = np.array([np.loadtxt(file, delimiter=",", ndmin=2)[:, 2] for file in files])
for batch in np.unique(np.geomspace(1, areas.shape[1], 10).astype(int)):
    spread = areas[:, batch - 1].max() - areas[:, batch - 1].min()
    print(f"after {batch:4d} batches the estimates lie {spread:.5f} apart")
