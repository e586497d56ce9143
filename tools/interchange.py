"""What tools/check-peft and tools/check-adapterhub share: random inputs, and the library's logits as a parity case that
`diapason-cli verify` checks."""

import argparse
import json
import pathlib
import subprocess
import tempfile

import torch
import transformers
from safetensors.torch import save_file

MODELS = {
    "sequence_classification": transformers.AutoModelForSequenceClassification,
    "token_classification": transformers.AutoModelForTokenClassification,
    "causal_lm": transformers.AutoModelForCausalLM,
    "seq2seq_lm": transformers.AutoModelForSeq2SeqLM,
    "masked_lm": transformers.AutoModelForMaskedLM,
    "none": transformers.AutoModel,
}
FAMILIES = {"xlm-roberta": "roberta", "mistral": "llama", "qwen2": "llama", "smollm": "llama", "mt5": "t5"}


def arguments(description):
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("backbone", type=pathlib.Path)
    parser.add_argument("adapters", type=pathlib.Path, nargs="+", metavar="adapter")
    parser.add_argument("--cli", default="build/release/bin/diapason-cli")
    return parser.parse_args()


def load_backbone(folder, head, labels=None):
    torch.manual_seed(1)
    # The plain formulas: fused attention mixes up the types of masks when everything is float64.
    model = MODELS[head].from_pretrained(folder, attn_implementation="eager", **({"num_labels": labels} if labels else {}))
    return model.eval()


def inputs(config, head, padded=True):
    """Two texts of random tokens, the second one shorter where `padded` is set."""
    ids = torch.randint(5, config.vocab_size, (2, 9))
    mask = torch.ones_like(ids)
    if padded:
        mask[1, 6:] = 0
    # Classifiers on decoders find a text's end by the padding id.
    pad = config.pad_token_id or 0
    ids[ids == pad] = pad + 1
    ids[mask == 0] = pad
    tensors = {"input_ids": ids, "attention_mask": mask}
    if head == "seq2seq_lm":
        tensors["decoder_input_ids"] = torch.randint(5, config.vocab_size, (2, 4))
    return tensors


def verify(cli, backbone, adapter, layout, head, model, tensors, soft=0):
    """Lets Diapason compute the same. @param soft rows of a prompt in front. @return exit code of `verify`"""
    with torch.no_grad():
        tensors["expected.logits"] = model(**tensors).logits.float()
    mask = tensors["attention_mask"]
    if head == "seq2seq_lm":
        tensors["compare.logits"] = torch.ones(2, 4, dtype=torch.long)
    elif head != "sequence_classification":
        tensors["compare.logits"] = torch.cat([torch.ones(2, soft, dtype=torch.long), mask], 1)
    with tempfile.TemporaryDirectory() as folder:
        case = pathlib.Path(folder) / adapter.name
        case.mkdir()
        save_file({name: value.contiguous() for name, value in tensors.items()}, case / "io.safetensors")
        kind = model.config.model_type
        document = {
            "kind": "forward", "family": FAMILIES.get(kind, kind), "head": head, "backbone": str(backbone.resolve()),
            "adapter": {"format": layout, "path": str(adapter.resolve())},
            "produced_by": f"transformers {transformers.__version__}", "tolerance": {"other": 5e-5},
            "note": f"check-{layout}",
        }
        (case / "case.json").write_text(json.dumps(document))
        return subprocess.call([cli, "verify", str(case)])
