"""Does the tagger of tagger.py want dropout when it trains three times as long? One rate, the larger training set."""

from tagger import experiment

experiment("tagger-longer", {3000: 15}, [0.25])
