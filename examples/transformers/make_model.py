"""Trains the small sentiment model of this example and writes public/model/ and expected.json. README.md says more.

Run at development time only, with Python 3.11 and
    pip install torch==2.13.0 transformers==5.18.0 onnx==1.23.1
    python examples/transformers/make_model.py          (half a minute on one core)
"""

import json
import random
import string
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import DistilBertConfig, DistilBertForSequenceClassification

HERE = Path(__file__).parent
OUT = HERE / "public" / "model"
STEPS, BATCH = 300, 64
UNKNOWN = 0.1  # share of the sentences about something that has a row of letters for a name, which says nothing
SAMPLES, RUNS = 100, 50  # of Monte Carlo dropout, for expected.json: samples of a run, and how often it is repeated
LABELS = ["NEGATIVE", "POSITIVE"]

NOUNS = "film movie story plot acting music ending cast book dialogue camera director scene song actor".split()
ADVERBS = "very really so truly quite".split()
ADJECTIVES = [
    "terrible awful boring dull horrible bad poor weak disappointing tedious ugly stupid".split(),
    "wonderful great excellent lovely charming good brilliant delightful funny superb beautiful clever".split(),
]
VERBS = ["hated disliked despised regretted".split(), "loved enjoyed liked adored".split()]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]

# What expected.json holds: praise, blame, both, and words that the training never had.
SENTENCES = [
    "The acting was wonderful and I loved the music.",
    "A boring film. The plot was very bad.",
    "The plot was good but the acting was bad.",
    "This phone is fantastic.",
    "I ate a sandwich on the train.",
]


def sentence(label: int, unknown: float = UNKNOWN) -> str:
    """A sentence of praise (1), of blame (0), or of both, whose label nobody could tell."""
    noun, other = random.sample(NOUNS, 2)
    if random.random() < unknown:
        noun = "".join(random.choices(string.ascii_lowercase, k=random.randint(3, 8)))
    adjective, second = random.sample(ADJECTIVES[label], 2)
    opposite = random.choice(ADJECTIVES[1 - label])
    verb, adverb = random.choice(VERBS[label]), random.choice(ADVERBS)
    first, last = random.sample([adjective, opposite], 2)
    mixed = f"the {noun} was {first} but the {other} was {last}."
    return random.choice(
        [
            f"the {noun} was {adjective}.",
            f"the {noun} is {adverb} {adjective}!",
            f"a {adjective} {noun}.",
            f"what a {adjective}, {second} {noun}!",
            f"i {verb} the {noun}.",
            f"i {verb} every minute of it.",
            f"i {verb} the {noun} and the {other}.",
            f"the {noun} was {adjective} and the {other} was {adverb} {second}.",
            f"the {noun} was not {opposite}.",
            f"i {verb} this {noun}. the {other} is {adjective}.",
            mixed,
        ]
    )


def make_tokenizer(sentences: list[str]) -> Tokenizer:
    """WordPiece with the words of the sentences; any other word falls into letters."""
    pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    words = {word for text in sentences for word, _ in pre_tokenizer.pre_tokenize_str(text)}
    marks = string.ascii_lowercase + string.digits + string.punctuation
    pieces = [*SPECIAL, *sorted(words | set(marks)), *(f"##{mark}" for mark in string.ascii_lowercase + string.digits)]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizer
    ends = [(name, vocabulary[name]) for name in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    tokenizer.add_special_tokens(SPECIAL)
    return tokenizer


def encode(tokenizer: Tokenizer, sentences: list[str]) -> dict[str, torch.Tensor]:
    tokenizer.enable_padding(pad_id=0, pad_token="[PAD]")
    encoded = tokenizer.encode_batch(sentences)
    tokenizer.no_padding()
    return {
        "input_ids": torch.tensor([each.ids for each in encoded]),
        "attention_mask": torch.tensor([each.attention_mask for each in encoded]),
    }


def train(model: DistilBertForSequenceClassification, tokenizer: Tokenizer) -> None:
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=STEPS)
    for step in range(STEPS):
        labels = [random.randrange(2) for _ in range(BATCH)]
        inputs = encode(tokenizer, [sentence(label) for label in labels])
        loss = model(**inputs, labels=torch.tensor(labels)).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 100 == 99:
            print(f"step {step + 1}: loss {loss.item():.3f}")


class ForExport(torch.nn.Module):
    """Inputs by position and the logits alone, as the exporter wants them."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        return self.model(input_ids=input_ids, attention_mask=attention_mask).logits


def export(model: DistilBertForSequenceClassification, tokenizer: Tokenizer) -> None:
    """The files that a model has on the hub, by the same names."""
    inputs = encode(tokenizer, SENTENCES[:2])
    (OUT / "onnx").mkdir(parents=True, exist_ok=True)
    sizes = {0: "batch", 1: "sequence"}
    torch.onnx.export(
        ForExport(model.eval()),
        tuple(inputs.values()),
        OUT / "onnx" / "model.onnx",
        input_names=list(inputs),
        output_names=["logits"],
        dynamic_axes={**{name: sizes for name in inputs}, "logits": {0: "batch"}},
        opset_version=17,
        dynamo=False,
    )
    tokenizer.save(str(OUT / "tokenizer.json"))
    names = dict(zip(["pad_token", "unk_token", "cls_token", "sep_token"], SPECIAL))
    length = model.config.max_position_embeddings
    settings = {"tokenizer_class": "DistilBertTokenizer", "do_lower_case": True, "model_max_length": length, **names}
    (OUT / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n")
    model.config.to_json_file(OUT / "config.json")


def entropy(p: torch.Tensor) -> torch.Tensor:
    return -(p * p.clamp_min(1e-12).log()).sum(-1)


def expect(model: DistilBertForSequenceClassification, tokenizer: Tokenizer, text: str) -> dict:
    """What PyTorch says of a sentence with dropout on: mean and standard deviation over runs of `SAMPLES` samples."""
    model.train()
    inputs = {name: tensor.expand(SAMPLES * RUNS, -1) for name, tensor in encode(tokenizer, [text]).items()}
    with torch.no_grad():
        p = model(**inputs).logits.softmax(-1).reshape(RUNS, SAMPLES, len(LABELS))
    means = p.mean(1)
    runs = {"positive": means[:, 1], "mutualInformation": entropy(means) - entropy(p).mean(1)}
    moments = {name: {"mean": round(x.mean().item(), 4), "sd": round(x.std().item(), 4)} for name, x in runs.items()}
    return {"text": text, **moments}


def main() -> None:
    random.seed(3)
    torch.manual_seed(3)
    torch.set_num_threads(1)
    tokenizer = make_tokenizer([sentence(i % 2, unknown=0) for i in range(5000)])
    config = DistilBertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        max_position_embeddings=64,
        dim=32,
        hidden_dim=64,
        n_heads=2,
        n_layers=2,
        dropout=0.2,
        attention_dropout=0.2,
        seq_classif_dropout=0.3,
        pad_token_id=0,
        id2label=dict(enumerate(LABELS)),
        label2id={label: number for number, label in enumerate(LABELS)},
        attn_implementation="eager",
    )
    model = DistilBertForSequenceClassification(config)
    train(model, tokenizer)
    export(model, tokenizer)
    expected = [expect(model, tokenizer, text) for text in SENTENCES]
    for each in expected:
        print(each)
    (HERE / "expected.json").write_text(json.dumps({"samples": SAMPLES, "runs": RUNS, "sentences": expected}, indent=2) + "\n")


main()
