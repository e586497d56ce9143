#include "core/eval/candidates.h"

#include "core/base/error.h"
#include "core/eval/incremental.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/gather.h>
#include <ATen/ops/log_softmax.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <limits>
#include <map>
#include <string>

namespace diapason {
namespace {

using Tokens = std::vector<std::int64_t>;

// A candidate of a question, each distinct one once.
struct Entry {
    std::size_t question;
    Tokens tokens;
    double score = 0;
};

// log p of one token a row. @param logits [R, vocabulary]
std::vector<double> log_probabilities(const at::Tensor& logits, const Tokens& tokens) {
    const at::Tensor index = index_tensor(tokens, logits.device()).unsqueeze(1);
    const at::Tensor picked = at::gather(at::log_softmax(logits.to(at::kFloat), -1), 1, index);
    const at::Tensor host = picked.to(at::kCPU, at::kDouble).contiguous();
    const double* values = host.const_data_ptr<double>();
    return {values, values + tokens.size()};
}

class Scorer {
public:
    Scorer(Model& model, std::span<const CandidateQuestion> questions, const CandidateOptions& options)
        : m_model(model),
          m_questions(questions),
          m_options(options) {}

    std::vector<CandidateScores> run() {
        check_all();
        std::vector<std::map<Tokens, std::size_t>> known(m_questions.size());
        for (std::size_t q = 0; q < m_questions.size(); ++q) {
            for (const Tokens& candidate : m_questions[q].candidates) {
                if (known[q].emplace(candidate, m_entries.size()).second) m_entries.push_back({q, candidate});
            }
        }
        if (kind() == HeadKind::masked_lm)
            score_masked();
        else
            score_continuations();
        std::vector<CandidateScores> results(m_questions.size());
        for (std::size_t q = 0; q < m_questions.size() && q < m_scored; ++q) {
            for (const Tokens& candidate : m_questions[q].candidates) {
                const double sum = m_entries[known[q].at(candidate)].score;
                results[q].scores.push_back(m_options.by_length ? sum / static_cast<double>(candidate.size()) : sum);
            }
            const auto& scores = results[q].scores;
            results[q].best = static_cast<std::size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
        }
        results.resize(std::min(m_scored, results.size()));
        return results;
    }

private:
    HeadKind kind() const { return m_model.head_spec().kind; }
    bool stopped() const { return m_options.stop && m_options.stop(); }

    void check_token(std::int64_t token, const std::string& field) const {
        const std::int64_t vocabulary = m_model.config().vocabulary;
        if (token < 0 || token >= vocabulary) {
            throw config_error(field, std::to_string(token),
                               "the vocabulary of the backbone has " + std::to_string(vocabulary) + " tokens",
                               "Use the tokenizer that belongs to it");
        }
    }

    void check_all() const {
        const bool masked = kind() == HeadKind::masked_lm;
        if (!masked && kind() != HeadKind::causal_lm && kind() != HeadKind::seq2seq_lm)
            throw config_error("head", name_of(kind()), "only a language model scores candidates");
        if (masked) check_token(m_options.mask_id, "mask_id");
        if (kind() == HeadKind::seq2seq_lm) check_token(m_options.decoder_start_id, "decoder_start_id");
        if (m_options.rows_at_once == 0) throw config_error("rows_at_once", "0", "must be at least 1");
        for (std::size_t q = 0; q < m_questions.size(); ++q) {
            const CandidateQuestion& question = m_questions[q];
            const std::string field = "questions[" + std::to_string(q) + "]";
            if (question.candidates.empty()) throw config_error(field + ".candidates", {}, "there is no candidate");
            if (!masked && question.prompt.empty()) throw config_error(field + ".prompt", {}, "is empty");
            if (!masked && !question.behind.empty())
                throw config_error(field + ".behind", {}, "only a masked language model reads text after the blank");
            for (const Tokens* text : {&question.prompt, &question.behind}) {
                for (const std::int64_t token : *text) {
                    const bool slot = token == prompt_slot && m_model.prompt_template() != nullptr;
                    if (!slot) check_token(token, field + ".prompt");
                }
            }
            std::size_t longest = 0;
            for (std::size_t c = 0; c < question.candidates.size(); ++c) {
                const std::string place = field + ".candidates[" + std::to_string(c) + "]";
                if (question.candidates[c].empty())
                    throw config_error(place, {}, "is empty", "A candidate needs at least one token");
                for (const std::int64_t token : question.candidates[c])
                    check_token(token, place);
                longest = std::max(longest, question.candidates[c].size());
            }
            check_length(question, longest, field);
        }
    }

    // Learned positions end; the last token of a continuation is only predicted, never read.
    void check_length(const CandidateQuestion& question, std::size_t longest, const std::string& field) const {
        const auto layouts = family_of(m_model.config()).stacks(m_model.config());
        const auto refuse_above = [&](const StackLayout& layout, std::size_t length) {
            if (layout.positions.empty()) return;
            const std::int64_t room = layout.position_rows - m_model.config().position_offset;
            if (static_cast<std::int64_t>(length) > room) {
                throw config_error(field, std::to_string(length) + " tokens",
                                   "the backbone has " + std::to_string(room) + " positions", "Shorten the prompt");
            }
        };
        const bool in_front = m_model.prompt() != nullptr && !m_model.prompt()->in_slots();
        const std::size_t soft = in_front ? static_cast<std::size_t>(m_model.prompt()->length()) : 0;
        const std::size_t read = soft + question.prompt.size();
        if (kind() == HeadKind::masked_lm) return refuse_above(layouts[0], read + longest + question.behind.size());
        if (kind() == HeadKind::causal_lm) return refuse_above(layouts[0], read + longest - 1);
        refuse_above(layouts[0], read);
        refuse_above(layouts[1], longest);
    }

    // The first tokens of all candidates are scored where the prompt ends; the others go on from its cache, each
    // candidate in one step.
    void score_continuations() {
        std::size_t entry = 0;
        for (std::size_t first = 0; first < m_questions.size() && !stopped(); first += m_options.rows_at_once) {
            const std::size_t last = std::min(m_questions.size(), first + m_options.rows_at_once);
            std::vector<Tokens> prompts;
            for (std::size_t q = first; q < last; ++q)
                prompts.push_back(m_questions[q].prompt);
            IncrementalDecoder decoder(m_model, prompts, m_options.decoder_start_id);
            const at::Tensor start = at::log_softmax(decoder.start().to(at::kCPU, at::kFloat), -1).contiguous();
            const std::int64_t vocabulary = start.size(1);
            const float* log = start.const_data_ptr<float>();
            std::vector<Entry*> longer;
            for (; entry < m_entries.size() && m_entries[entry].question < last; ++entry) {
                Entry& e = m_entries[entry];
                e.score = log[static_cast<std::int64_t>(e.question - first) * vocabulary + e.tokens.front()];
                if (e.tokens.size() > 1) longer.push_back(&e);
            }
            for (std::size_t begin = 0; begin < longer.size(); begin += m_options.rows_at_once) {
                if (stopped()) return;
                const std::size_t end = std::min(longer.size(), begin + m_options.rows_at_once);
                go_on(decoder, first, {longer.data() + begin, end - begin});
            }
            m_scored = last;
        }
    }

    void go_on(IncrementalDecoder decoder, std::size_t first, std::span<Entry* const> entries) const {
        std::vector<std::int64_t> parents;
        std::vector<Tokens> read;
        Tokens targets;
        for (const Entry* e : entries) {
            parents.push_back(static_cast<std::int64_t>(e->question - first));
            read.emplace_back(e->tokens.begin(), e->tokens.end() - 1);
            targets.insert(targets.end(), e->tokens.begin() + 1, e->tokens.end());
        }
        const std::vector<double> log = log_probabilities(decoder.extend(parents, read), targets);
        std::size_t row = 0;
        for (Entry* e : entries) {
            for (std::size_t i = 1; i < e->tokens.size(); ++i)
                e->score += log[row++];
        }
    }

    void score_masked() {
        // Candidates of one length are answers to the same text.
        std::map<std::pair<std::size_t, std::size_t>, std::vector<Entry*>> groups;
        for (Entry& e : m_entries)
            groups[{e.question, e.tokens.size()}].push_back(&e);
        std::vector<Sequence> texts;
        std::vector<const std::vector<Entry*>*> answers;
        for (auto group = groups.begin(); group != groups.end();) {
            const auto [q, masks] = group->first;
            texts.push_back(masked_text(m_questions[q], masks));
            answers.push_back(&group->second);
            ++group;
            if (texts.size() < m_options.rows_at_once && group != groups.end()) continue;
            if (stopped()) return;
            fill(texts, answers);
            texts.clear();
            answers.clear();
            // A question is done when none of its lengths is left.
            m_scored = group == groups.end() ? m_questions.size() : group->first.first;
        }
    }

    Sequence masked_text(const CandidateQuestion& question, std::size_t masks) const {
        Sequence text;
        text.ids = question.prompt;
        text.ids.insert(text.ids.end(), masks, m_options.mask_id);
        text.ids.insert(text.ids.end(), question.behind.begin(), question.behind.end());
        text.labels.assign(text.ids.size(), -100);
        std::fill_n(text.labels.begin() + static_cast<std::ptrdiff_t>(question.prompt.size()), masks, 0);
        return text;
    }

    void fill(const std::vector<Sequence>& texts, const std::vector<const std::vector<Entry*>*>& answers) const {
        const PackedBatch batch = PackedBatch::pack(texts, m_model.device());
        const at::Tensor logits = m_model.logits(batch, {}, Rows::labelled).to(at::kCPU, at::kFloat);
        const at::Tensor log = at::log_softmax(logits, -1).contiguous();
        const float* row = log.const_data_ptr<float>();
        for (const std::vector<Entry*>* group : answers) {
            const std::size_t masks = group->front()->tokens.size();
            for (Entry* e : *group) {
                for (std::size_t i = 0; i < masks; ++i)
                    e->score += row[static_cast<std::int64_t>(i) * log.size(1) + e->tokens[i]];
            }
            row += static_cast<std::int64_t>(masks) * log.size(1);
        }
    }

    Model& m_model;
    std::span<const CandidateQuestion> m_questions;
    const CandidateOptions& m_options;
    std::vector<Entry> m_entries; ///< by question
    std::size_t m_scored = 0;     ///< questions that are done
};

} // namespace

std::vector<CandidateScores> score_candidates(Model& model, std::span<const CandidateQuestion> questions,
                                              const CandidateOptions& options) {
    const c10::NoGradGuard guard;
    return Scorer(model, questions, options).run();
}

} // namespace diapason
