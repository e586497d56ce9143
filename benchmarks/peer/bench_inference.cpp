// bench_inference: a pass without gradients over texts, or greedy decoding; one JSON line of figures. The Python script
// beside it, peer_inference.py, takes the same options and makes the same token ids. docs/PERFORMANCE.md says how.

#include "core/base/error.h"
#include "core/eval/generate.h"
#include "experiments/engine/device.h"

#include <c10/core/GradMode.h>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <sys/resource.h>

#include "benchmarks/peer/again.h"

using namespace diapason;

namespace {

struct Options {
    std::string backbone, what = "evaluate", compute = "float32";
    std::int64_t texts = 512, batch = 64, length = 60, new_tokens = 64, repeats = 3;
    int threads = 1;
};

// Any text costs the same: numbers that both programs can make. Lengths spread from 5 to `length`.
std::vector<std::vector<std::int64_t>> make_texts(const Options& options, std::int64_t vocabulary) {
    std::vector<std::vector<std::int64_t>> texts;
    for (std::int64_t i = 0; i < options.texts; ++i) {
        const std::int64_t length =
            options.what == "generate" ? options.length : 5 + i * 37 % std::max<std::int64_t>(1, options.length - 4);
        texts.emplace_back();
        for (std::int64_t t = 0; t < length; ++t)
            texts.back().push_back(100 + (i * 7919 + t * 104729) % (vocabulary - 100));
    }
    std::stable_sort(texts.begin(), texts.end(), [](const auto& a, const auto& b) { return a.size() < b.size(); });
    return texts;
}

// @return tokens read, or written
std::int64_t once(const Options& options, Model& model, const std::vector<std::vector<std::int64_t>>& texts) {
    const bool causal = model.head_spec().kind == HeadKind::causal_lm;
    std::int64_t tokens = 0;
    for (std::size_t begin = 0; begin < texts.size(); begin += static_cast<std::size_t>(options.batch)) {
        const std::size_t end = std::min(texts.size(), begin + static_cast<std::size_t>(options.batch));
        if (options.what == "generate") {
            GenerateOptions greedy;
            greedy.max_new_tokens = options.new_tokens;
            const std::vector<std::vector<std::int64_t>> inputs(texts.begin() + static_cast<std::ptrdiff_t>(begin),
                                                                texts.begin() + static_cast<std::ptrdiff_t>(end));
            for (const Generated& written : generate(model, inputs, greedy))
                tokens += std::ssize(written.tokens);
            continue;
        }
        std::vector<Sequence> sequences;
        for (std::size_t i = begin; i < end; ++i) {
            Sequence sequence;
            sequence.ids = texts[i];
            sequence.label = 0;
            if (causal) {
                sequence.labels.assign(texts[i].begin() + 1, texts[i].end());
                sequence.labels.push_back(-100);
            }
            tokens += std::ssize(texts[i]);
            sequences.push_back(std::move(sequence));
        }
        const PackedBatch batch = PackedBatch::pack(sequences, model.device());
        model.loss(model.logits(batch, {}), batch).sum.item<double>();
    }
    return tokens;
}

Json measure(const Options& options) {
    prepare_compute_thread(options.threads);
    const c10::NoGradGuard guard;
    const bool causal = read_backbone_config(options.backbone).causal;
    const auto model = Model::load(
        options.backbone, causal ? HeadSpec{HeadKind::causal_lm, 0} : HeadSpec{HeadKind::sequence_classification, 2},
        at::kCPU);
    if (options.compute == "bfloat16") model->compute_in(Precision::bfloat16);
    const auto texts = make_texts(options, model->config().vocabulary);
    std::vector<double> rates;
    for (std::int64_t i = 0; i <= options.repeats; ++i) {
        const auto start = std::chrono::steady_clock::now();
        const std::int64_t tokens = once(options, *model, texts);
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
        if (i > 0) rates.push_back(static_cast<double>(tokens) / took.count()); // the first one warms up
    }
    std::sort(rates.begin(), rates.end());
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return {{"what", options.what},
            {"tokens_per_s", rates[rates.size() / 2]},
            {"peak_rss_mib", static_cast<double>(usage.ru_maxrss) / 1024}};
}

} // namespace

int main(int argc, char** argv) {
    peer::start_again_with_environment(argv);
    Options options;
    CLI::App app("A pass without gradients, or greedy decoding; prints one JSON line of figures.");
    app.option_defaults()->always_capture_default();
    app.add_option("--backbone", options.backbone, "Folder of the backbone")->required();
    app.add_option("--what", options.what)->check(CLI::IsMember({"evaluate", "generate"}));
    app.add_option("--compute", options.compute)->check(CLI::IsMember({"float32", "bfloat16"}));
    app.add_option("--texts", options.texts)->check(CLI::PositiveNumber);
    app.add_option("--batch", options.batch)->check(CLI::PositiveNumber);
    app.add_option("--length", options.length, "Of the longest text; of every one when decoding")
        ->check(CLI::PositiveNumber);
    app.add_option("--new-tokens", options.new_tokens)->check(CLI::PositiveNumber);
    app.add_option("--repeats", options.repeats)->check(CLI::PositiveNumber);
    app.add_option("--threads", options.threads)->check(CLI::PositiveNumber);
    CLI11_PARSE(app, argc, argv);
    try {
        std::printf("%s\n", measure(options).dump().c_str());
    } catch (const std::exception& error) {
        std::fprintf(stderr, "error: %s\n", error.what());
        return 1;
    }
}
