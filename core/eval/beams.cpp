#include "core/eval/beams.h"

#include "core/eval/token_rules.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/topk.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace diapason {

Beams::Beams(std::vector<std::int64_t> context, const GenerateOptions& options)
    : m_options(options),
      m_running{{std::move(context), {}, 0}} {}

void Beams::advance(const at::Tensor& log, std::int64_t written) {
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
        const bool end = is_end(m_options, token) || written + 1 == m_options.max_new_tokens;
        all_end = all_end && end;
        if (end) {
            // Only the best `beams` candidates of a step may finish. That the places are taken closes the search after
            // this step, not within it.
            if (k < m_options.beams) finish(candidate);
        } else if (static_cast<std::int64_t>(next.size()) < m_options.beams && std::isfinite(score)) {
            next.push_back(std::move(candidate));
        }
    }
    m_running = std::move(next);
    const bool closed = m_options.early_stopping == EarlyStopping::full && full();
    m_done = all_end || m_running.empty() || closed || !can_improve(written + 1);
}

std::vector<Generated> Beams::results() const {
    std::vector<Generated> list = m_finished;
    // A search that was stopped has no finished text: what is running is returned.
    for (const Running& beam : m_running) {
        if (static_cast<std::int64_t>(list.size()) >= m_options.returned) break;
        list.push_back({beam.tokens, normalised(beam.score, static_cast<std::int64_t>(beam.tokens.size()))});
    }
    list.resize(std::min(list.size(), static_cast<std::size_t>(m_options.returned)));
    return list;
}

double Beams::normalised(double score, std::int64_t length) const {
    return score / std::pow(static_cast<double>(std::max<std::int64_t>(1, length)), m_options.length_penalty);
}

bool Beams::full() const {
    return static_cast<std::int64_t>(m_finished.size()) >= m_options.beams;
}

void Beams::finish(const Running& beam) {
    Generated text{beam.tokens, normalised(beam.score, static_cast<std::int64_t>(beam.tokens.size()))};
    const auto place = std::find_if(m_finished.begin(), m_finished.end(),
                                    [&](const Generated& other) { return other.score < text.score; });
    m_finished.insert(place, std::move(text));
    if (static_cast<std::int64_t>(m_finished.size()) > m_options.beams) m_finished.pop_back();
}

bool Beams::can_improve(std::int64_t length) const {
    if (!full()) return true;
    if (m_options.early_stopping == EarlyStopping::never && m_options.length_penalty > 0)
        length = m_options.max_new_tokens;
    return normalised(m_running.front().score, length) > m_finished.back().score;
}

} // namespace diapason
