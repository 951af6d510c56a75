"""Does spatial dropout help the network of landmarks.py when it trains three times as long on few images?"""

from landmarks import STEPS, experiment

experiment("landmarks-longer", [30], 3 * STEPS, [0.25, 0.5])
