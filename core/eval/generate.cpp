#include "core/eval/generate.h"

#include "core/base/rng.h"
#include "core/eval/beams.h"
#include "core/eval/incremental.h"
#include "core/eval/token_rules.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/sort.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <stdexcept>

namespace diapason {
namespace {

// What stands in front of the new tokens for no_repeat_ngram: a decoder's input, or the start token.
std::vector<std::int64_t> context_of(Model& model, const std::vector<std::int64_t>& input,
                                     const GenerateOptions& options) {
    if (model.config().encoder_decoder) return {options.decoder_start_id};
    return input;
}

// Counter-based, so that a text does not depend on its company.
double uniform(std::uint64_t seed, std::uint64_t row, std::uint64_t step) {
    const std::uint64_t bits = splitmix64(splitmix64(splitmix64(seed) ^ row) ^ step);
    return static_cast<double>(bits >> 11) * 0x1.0p-53;
}

// One token from softmax(scores / temperature), cut to the top_k most probable and to the smallest set whose
// probabilities reach top_p (Holtzman et al. 2020).
std::int64_t drawn(const at::Tensor& scores, const GenerateOptions& options, double u) {
    const auto [sorted, ids] = at::sort(scores / options.temperature, 0, true);
    const at::Tensor probabilities = at::softmax(sorted.to(at::kDouble), 0).contiguous();
    const double* p = probabilities.const_data_ptr<double>();
    std::int64_t kept = probabilities.size(0);
    if (options.top_k > 0) kept = std::min(kept, options.top_k);
    double mass = 0;
    std::int64_t count = 0;
    while (count < kept && (count == 0 || mass < options.top_p))
        mass += p[count++];
    double rest = u * mass;
    std::int64_t chosen = 0;
    while (chosen + 1 < count && rest >= p[chosen])
        rest -= p[chosen++];
    return ids[chosen].item<std::int64_t>();
}

std::vector<Generated> single(Model& model, const std::vector<std::vector<std::int64_t>>& inputs,
                              const GenerateOptions& options) {
    std::vector<Generated> results(inputs.size());
    std::vector<std::vector<std::int64_t>> texts;
    std::vector<std::size_t> active; // which input each row of the decoder writes
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        texts.push_back(context_of(model, inputs[i], options));
        active.push_back(i);
    }
    IncrementalDecoder decoder(model, inputs, options.decoder_start_id);
    at::Tensor logits = decoder.start();
    for (std::int64_t written = 0; written < options.max_new_tokens; ++written) {
        if (options.stop && options.stop()) break;
        const at::Tensor raw = logits.to(at::kCPU, at::kFloat).contiguous();
        const at::Tensor log = at::log_softmax(raw, -1);
        const at::Tensor scores = raw.clone();
        std::vector<std::int64_t> parents, tokens;
        std::vector<std::size_t> still;
        for (std::size_t row = 0; row < active.size(); ++row) {
            const std::size_t i = active[row];
            const auto r = static_cast<std::int64_t>(row);
            forbid(scores[r].data_ptr<float>(), options, texts[i], written);
            const std::int64_t token =
                options.sample
                    ? drawn(scores[r], options, uniform(options.seed, i, static_cast<std::uint64_t>(written)))
                    : scores[r].argmax().item<std::int64_t>();
            results[i].tokens.push_back(token);
            results[i].score += log[r][token].item<double>();
            texts[i].push_back(token);
            if (is_end(options, token)) continue;
            parents.push_back(r);
            tokens.push_back(token);
            still.push_back(i);
        }
        active = std::move(still);
        if (active.empty() || written + 1 == options.max_new_tokens) break;
        logits = decoder.step(parents, tokens);
    }
    return results;
}

std::vector<Generated> search(Model& model, const std::vector<std::vector<std::int64_t>>& inputs,
                              const GenerateOptions& options) {
    std::vector<Beams> beams;
    for (const auto& input : inputs)
        beams.emplace_back(context_of(model, input, options), options);
    IncrementalDecoder decoder(model, inputs, options.decoder_start_id);
    at::Tensor logits = decoder.start();
    std::vector<std::size_t> active;
    for (std::size_t i = 0; i < inputs.size(); ++i)
        active.push_back(i);
    for (std::int64_t written = 0; written < options.max_new_tokens && !active.empty(); ++written) {
        if (options.stop && options.stop()) break;
        const at::Tensor log = at::log_softmax(logits.to(at::kCPU, at::kFloat), -1).contiguous();
        std::vector<std::int64_t> parents, tokens;
        std::vector<std::size_t> still;
        std::int64_t row = 0;
        for (const std::size_t i : active) {
            const auto rows = static_cast<std::int64_t>(beams[i].running().size());
            beams[i].advance(log.narrow(0, row, rows), written);
            if (!beams[i].done()) {
                for (const Beams::Running& beam : beams[i].running()) {
                    parents.push_back(row + beam.parent);
                    tokens.push_back(beam.tokens.back());
                }
                still.push_back(i);
            }
            row += rows;
        }
        active = std::move(still);
        if (!active.empty()) logits = decoder.step(parents, tokens);
    }
    std::vector<Generated> results;
    for (const Beams& of : beams) {
        const auto list = of.results();
        results.insert(results.end(), list.begin(), list.end());
    }
    return results;
}

} // namespace

std::vector<Generated> generate(Model& model, const std::vector<std::vector<std::int64_t>>& inputs,
                                const GenerateOptions& options) {
    if (options.beams < 1 || options.returned < 1 || options.returned > options.beams)
        throw std::logic_error("returned must be from 1 to beams");
    if (options.sample && options.beams > 1) throw std::logic_error("sampling works with one beam");
    const c10::NoGradGuard guard;
    if (options.max_new_tokens < 1) return std::vector<Generated>(inputs.size());
    return options.beams == 1 ? single(model, inputs, options) : search(model, inputs, options);
}

} // namespace diapason
