#!/usr/bin/env python3
"""The jobs of bench_inference with transformers: the same options, the same token ids, one JSON line of figures."""
import argparse
import json
import resource
import statistics
import time

import torch
import transformers

P = argparse.ArgumentParser(description=__doc__)
P.add_argument("--backbone", required=True)
P.add_argument("--what", choices=["evaluate", "generate"], default="evaluate")
P.add_argument("--texts", type=int, default=512)
P.add_argument("--batch", type=int, default=64)
P.add_argument("--length", type=int, default=60)
P.add_argument("--new-tokens", type=int, default=64)
P.add_argument("--repeats", type=int, default=3)
P.add_argument("--threads", type=int, default=1)
A = P.parse_args()
torch.set_num_threads(A.threads)
transformers.logging.set_verbosity_error()
torch.manual_seed(0)
config = transformers.AutoConfig.from_pretrained(A.backbone)
causal = config.model_type in ("llama", "gpt2")
if causal:
    model = transformers.AutoModelForCausalLM.from_pretrained(A.backbone, dtype=torch.float32)
else:
    model = transformers.AutoModelForSequenceClassification.from_pretrained(A.backbone, num_labels=2, dtype=torch.float32)
model.eval()


def length(i):
    return A.length if A.what == "generate" else 5 + i * 37 % max(1, A.length - 4)


texts = [[100 + (i * 7919 + t * 104729) % (config.vocab_size - 100) for t in range(length(i))] for i in range(A.texts)]
texts.sort(key=len)


def once():
    tokens = 0
    for begin in range(0, len(texts), A.batch):
        some = texts[begin:begin + A.batch]
        longest = max(map(len, some))
        ids = torch.tensor([text + [0] * (longest - len(text)) for text in some])
        mask = torch.tensor([[1] * len(text) + [0] * (longest - len(text)) for text in some])
        if A.what == "generate":
            out = model.generate(input_ids=ids, attention_mask=mask, do_sample=False, min_new_tokens=A.new_tokens,
                                 max_new_tokens=A.new_tokens, pad_token_id=0)
            tokens += (out.shape[1] - longest) * len(some)
            continue
        tokens += sum(map(len, some))
        if causal:
            model(input_ids=ids, attention_mask=mask, labels=ids.masked_fill(mask == 0, -100)).loss.item()
        else:
            model(input_ids=ids, attention_mask=mask, labels=torch.zeros(len(some), dtype=torch.long)).loss.item()
    return tokens


rates = []
with torch.inference_mode():
    for i in range(A.repeats + 1):
        start = time.perf_counter()
        tokens = once()
        if i > 0:
            rates.append(tokens / (time.perf_counter() - start))
print(json.dumps({"what": A.what, "tokens_per_s": statistics.median(rates),
                  "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
