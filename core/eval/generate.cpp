#include "core/eval/generate.h"

#include "core/base/rng.h"
#include "core/eval/incremental.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/sort.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/topk.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace diapason {
namespace {

constexpr float minus_infinity = -std::numeric_limits<float>::infinity();

bool ends(const GenerateOptions& options, std::int64_t token) {
    return std::find(options.end_ids.begin(), options.end_ids.end(), token) != options.end_ids.end();
}

// Tokens that would repeat an n-gram of `text`.
std::vector<std::int64_t> repeated(const std::vector<std::int64_t>& text, std::int64_t n) {
    std::vector<std::int64_t> banned;
    const auto size = static_cast<std::int64_t>(text.size());
    if (n <= 0 || size + 1 < n) return banned;
    const auto tail = text.end() - (n - 1);
    for (std::int64_t first = 0; first + n <= size; ++first) {
        if (std::equal(tail, text.end(), text.begin() + first))
            banned.push_back(text[static_cast<std::size_t>(first + n - 1)]);
    }
    return banned;
}

// Forbids tokens in one row of scores, which is changed in place on the host.
void forbid(float* row, const GenerateOptions& options, const std::vector<std::int64_t>& text, std::int64_t written) {
    if (written < options.min_new_tokens) {
        for (const std::int64_t id : options.end_ids)
            row[id] = minus_infinity;
    }
    for (const std::int64_t id : repeated(text, options.no_repeat_ngram))
        row[id] = minus_infinity;
}

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
            if (ends(options, token)) continue;
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

// The beams of one input. Scores are sums of log-probabilities; finished ones are divided by length^penalty.
class Beams {
public:
    Beams(std::vector<std::int64_t> context, const GenerateOptions& options)
        : m_options(options),
          m_running{{std::move(context), {}, 0}} {}

    struct Running {
        std::vector<std::int64_t> text; ///< context and new tokens
        std::vector<std::int64_t> tokens;
        double score = 0;
        std::int64_t parent = 0; ///< row of the last step, within this input
    };

    bool done() const { return m_done; }
    const std::vector<Running>& running() const { return m_running; }

    // @param log [beams, vocabulary] log-probabilities of the running beams, changed
    void advance(const at::Tensor& log, std::int64_t written) {
        const std::int64_t vocabulary = log.size(1);
        for (std::size_t b = 0; b < m_running.size(); ++b)
            forbid(log[static_cast<std::int64_t>(b)].data_ptr<float>(), m_options, m_running[b].text, written);
        std::vector<double> scores;
        for (const Running& beam : m_running)
            scores.push_back(beam.score);
        const at::Tensor sums =
            log.to(at::kDouble) + at::tensor(scores, at::TensorOptions().dtype(at::kDouble)).unsqueeze(1);
        const std::int64_t ends_known = static_cast<std::int64_t>(m_options.end_ids.size());
        const std::int64_t wanted = std::max<std::int64_t>(2, 1 + ends_known) * m_options.beams;
        const auto [best, places] = at::topk(sums.flatten(), std::min(wanted, sums.numel()));
        std::vector<Running> next;
        bool all_end = true;
        for (std::int64_t k = 0; k < best.size(0); ++k) {
            const double score = best[k].item<double>();
            const std::int64_t place = places[k].item<std::int64_t>();
            const Running& from = m_running[static_cast<std::size_t>(place / vocabulary)];
            const std::int64_t token = place % vocabulary;
            Running candidate{from.text, from.tokens, score, place / vocabulary};
            candidate.text.push_back(token);
            candidate.tokens.push_back(token);
            const bool end = ends(m_options, token) || written + 1 == m_options.max_new_tokens;
            all_end = all_end && end;
            if (end) {
                // Only the best `beams` candidates of a step may finish.
                if (k < m_options.beams) finish(candidate);
            } else if (static_cast<std::int64_t>(next.size()) < m_options.beams && std::isfinite(score)) {
                next.push_back(std::move(candidate));
            }
        }
        m_running = std::move(next);
        m_done = all_end || m_running.empty() || closed() || !can_improve(written + 1);
    }

    std::vector<Generated> results() const {
        std::vector<Generated> list = m_finished;
        // A search that was stopped has no finished text: what is running is returned.
        for (const Running& beam : m_running) {
            if (static_cast<std::int64_t>(list.size()) >= m_options.returned) break;
            list.push_back({beam.tokens, normalised(beam.score, static_cast<std::int64_t>(beam.tokens.size()))});
        }
        list.resize(std::min(list.size(), static_cast<std::size_t>(m_options.returned)));
        return list;
    }

private:
    double normalised(double score, std::int64_t length) const {
        return score / std::pow(static_cast<double>(std::max<std::int64_t>(1, length)), m_options.length_penalty);
    }
    bool full() const { return static_cast<std::int64_t>(m_finished.size()) >= m_options.beams; }
    bool closed() const { return m_options.early_stopping == EarlyStopping::full && full(); }

    void finish(const Running& beam) {
        if (closed()) return;
        Generated text{beam.tokens, normalised(beam.score, static_cast<std::int64_t>(beam.tokens.size()))};
        const auto place = std::find_if(m_finished.begin(), m_finished.end(),
                                        [&](const Generated& other) { return other.score < text.score; });
        m_finished.insert(place, std::move(text));
        if (static_cast<std::int64_t>(m_finished.size()) > m_options.beams) m_finished.pop_back();
    }

    bool can_improve(std::int64_t length) const {
        if (!full()) return true;
        if (m_options.early_stopping == EarlyStopping::never && m_options.length_penalty > 0)
            length = m_options.max_new_tokens;
        return normalised(m_running.front().score, length) > m_finished.back().score;
    }

    const GenerateOptions& m_options;
    std::vector<Running> m_running;
    std::vector<Generated> m_finished; ///< best first, at most `beams`
    bool m_done = false;
};

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
