"""Which dropout helps a part-of-speech tagger, the example of the question "when to use SpatialDropout1D?"

Embedding -> dropout on the embedded sentence [batch, steps, channels] -> convolution over 3 words -> ReLU -> dense,
one of 12 word classes for each word. The words of a sentence are in lower case; a word that the training set has only
once is "unknown", as is every word that it has not."""

from collections import Counter
from functools import lru_cache

import torch
from torch import nn
from torch.nn import functional

import brown
from dropout import Dropout, variants
from runner import run

NOISE_SHAPES = {  # of [batch, steps, channels]
    "dropout": [None, None, None],
    "spatial": [None, 1, None],
    "words": [None, None, 1],
}
RATES = [0.1, 0.25, 0.5]
EPOCHS = {300: 20, 3000: 5}  # by the number of sentences to train with
CHANNELS, HIDDEN = 32, 64
PADDING, UNKNOWN = 0, 1
NO_CLASS = -1  # the class of padding


class Tagger(nn.Module):
    def __init__(self, words, dropout):
        super().__init__()
        self.embedding = nn.Embedding(words, CHANNELS, padding_idx=PADDING)
        self.dropout = dropout
        self.convolution = nn.Linear(3 * CHANNELS, HIDDEN)  # over 3 words; on a CPU faster than Conv1d
        self.out = nn.Linear(HIDDEN, len(brown.CLASSES))

    def forward(self, sentences):
        embedded = self.dropout(self.embedding(sentences))
        padded = functional.pad(embedded, (0, 0, 1, 1))
        windows = torch.cat([padded[:, :-2], embedded, padded[:, 2:]], dim=-1)
        return self.out(torch.relu(self.convolution(windows)))


def vocabulary(sentences):
    counts = Counter(word for sentence in sentences for word, _ in sentence)
    return {word: number for number, word in enumerate((w for w, n in counts.items() if n > 1), start=UNKNOWN + 1)}


def batched(sentences, numbers, size):
    """Batches of sentences that are about as long, each a tensor of words and one of classes, padded on the right."""
    ordered = sorted(sentences, key=len)
    batches = []
    for start in range(0, len(ordered), size):
        part = ordered[start : start + size]
        words = torch.full((len(part), len(part[-1])), PADDING)
        classes = torch.full(words.shape, NO_CLASS)
        for row, sentence in enumerate(part):
            words[row, : len(sentence)] = torch.tensor([numbers.get(word, UNKNOWN) for word, _ in sentence])
            classes[row, : len(sentence)] = torch.tensor([number for _, number in sentence])
        batches.append((words, classes))
    return batches


def train(batches, words, epochs, variant, rate, seed):
    torch.manual_seed(seed)
    tagger = Tagger(words, Dropout(rate, NOISE_SHAPES.get(variant), seed))
    order = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(tagger.parameters(), lr=1e-2, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * len(batches))
    for _ in range(epochs):
        for index in torch.randperm(len(batches), generator=order).tolist():
            sentences, classes = batches[index]
            optimizer.zero_grad()
            logits = tagger(sentences).flatten(0, 1)
            functional.cross_entropy(logits, classes.flatten(), ignore_index=NO_CLASS).backward()
            optimizer.step()
            schedule.step()
    return tagger.eval()


@torch.no_grad()
def accuracies(tagger, batches):
    """Percent of the words tagged right: of all, and of those that are unknown."""
    right = {"all": 0, "unknown": 0}
    total = {"all": 0, "unknown": 0}
    for sentences, classes in batches:
        hits = tagger(sentences).argmax(-1) == classes
        for which, chosen in (("all", classes != NO_CLASS), ("unknown", sentences == UNKNOWN)):
            right[which] += hits[chosen].sum().item()
            total[which] += chosen.sum().item()
    return [(which, 100 * right[which] / total[which]) for which in right]


def experiment(name, epochs, rates):
    """Compares the variants at `rates`, for each number of training sentences in `epochs`."""
    train_sentences, test_sentences = brown.load()

    @lru_cache(maxsize=len(epochs))  # the same sentences serve all variants
    def prepare(sentences, seed):
        chosen = torch.Generator().manual_seed(seed)
        picked = torch.randperm(len(train_sentences), generator=chosen)[:sentences].tolist()
        examples = [train_sentences[index] for index in picked]
        numbers = vocabulary(examples)
        return (
            batched(examples, numbers, 32),
            batched(test_sentences, numbers, 250),
            len(numbers) + UNKNOWN + 1,
        )

    def measure(seed, sentences, variant, rate):
        train_batches, test_batches, words = prepare(sentences, seed)
        tagger = train(train_batches, words, epochs[sentences], variant, rate, seed)
        return [
            ({"trainingSentences": sentences, "words": which}, value)
            for which, value in accuracies(tagger, test_batches)
        ]

    run(
        name,
        {"name": "accuracy on the words of 50 held-out texts", "unit": "%", "higherIsBetter": True},
        NOISE_SHAPES,
        [
            {"sentences": sentences, "variant": variant, "rate": rate}
            for sentences in epochs
            for variant, rate in variants(NOISE_SHAPES, rates)
        ],
        measure,
    )


if __name__ == "__main__":
    experiment("tagger", EPOCHS, RATES)
