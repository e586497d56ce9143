#include "experiments/engine/asking.h"

#include "core/base/error.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <limits>

namespace diapason {
namespace {

using Tokens = std::vector<std::int64_t>;

constexpr std::int64_t blank = -2;                          // the answer's place while a template is inserted
constexpr std::size_t tokens_at_once = 8192;                // of a scoring pass
constexpr const char* no_content[] = {"N/A", "", "[MASK]"}; // Zhao et al. 2021, §5

void append(Tokens& to, const Tokens& more) {
    to.insert(to.end(), more.begin(), more.end());
}

} // namespace

bool Asking::wanted(const Task& task, const AskingOptions& options, bool in_words) {
    return task.kind->asked(in_words) || options.demonstrations > 0;
}

Asking::Asking(TaskData& data, Model& model, const AskingOptions& options, std::uint64_t seed, std::int64_t limit)
    : m_data(data),
      m_model(model),
      m_task(data.task()),
      m_demonstrations(data, model, DemonstrationOptions::from(options, seed, limit)),
      m_demonstration_room(DemonstrationOptions::from(options, seed, limit).room) {
    if (!options.question.empty()) m_task.question = options.question;
    const Tokenizer& tokenizer = data.tokenizer();
    const BackboneConfig& config = model.config();
    if (model.head_spec().kind == HeadKind::causal_lm) {
        if (data.ends().begin >= 0) m_lead = {data.ends().begin};
    } else {
        // What the tokenizer puts around a text: the last special token closes it.
        m_lead = tokenizer.encode("").ids;
        if (!m_lead.empty()) m_tail = {m_lead.back()};
        if (!m_lead.empty()) m_lead.pop_back();
    }
    m_scoring.decoder_start_id = config.decoder_start_id;
    if (model.head_spec().kind == HeadKind::masked_lm) m_scoring.mask_id = mask_token(tokenizer);
    m_separator = tokenizer.encode("\n\n", {.add_special_tokens = false}).ids;
    m_scoring.by_length = options.by_length;
    m_calibrated = options.calibrated;
    if (!m_task.kind->choices_differ()) m_choices = choice_tokens(m_task, tokenizer);
    m_chooses = !m_choices || !m_choices->empty();
    if (m_choices) m_longest_answer = longest(*m_choices);
    if (m_task.kind->written(true)) m_longest_answer = static_cast<std::size_t>(m_task.max_target_tokens);
}

std::size_t Asking::longest(const Choices& choices) {
    std::size_t most = 0;
    for (const Tokens& choice : choices)
        most = std::max(most, choice.size());
    return most;
}

const Asking::Choices& Asking::choices(const std::string& split, std::size_t item) {
    if (m_choices) return *m_choices;
    auto& list = m_own_choices[split];
    const auto& examples = m_data.split(split).examples;
    list.resize(examples.size());
    if (list.at(item).empty()) list[item] = choice_tokens(m_task, m_data.tokenizer(), examples[item]);
    return list[item];
}

// A free answer that is not written is one token.
std::size_t Asking::room_of_answer(const std::string& split, std::size_t item) {
    return m_choices ? std::max<std::size_t>(1, m_longest_answer) : longest(choices(split, item));
}

const Question& Asking::question(const std::string& split, std::size_t item) {
    auto& list = m_questions[split];
    const auto& examples = m_data.split(split).examples;
    list.resize(examples.size());
    Question& entry = list.at(item);
    if (entry.before.empty())
        entry = ask(m_task, m_data.tokenizer(), examples[item], static_cast<std::size_t>(m_task.max_tokens));
    return entry;
}

Tokens Asking::answer(const std::string& split, std::size_t item) {
    const Example& example = m_data.split(split).examples.at(item);
    if (chooses()) return choices(split, item).at(static_cast<std::size_t>(example.label_index));
    return answer_tokens(m_task, m_data.tokenizer(), example.target);
}

// A training example with its answer, as it stands in front of a question.
const Tokens& Asking::demonstration(std::size_t item) {
    Tokens& told = m_told[item];
    if (!told.empty()) return told;
    const Question question =
        ask(m_task, m_data.tokenizer(), m_data.split("train").examples.at(item), m_demonstration_room);
    told = question.before;
    append(told, answer("train", item));
    append(told, question.behind);
    append(told, m_separator);
    return told;
}

Asking::Text Asking::compose(const std::vector<std::size_t>& demonstrations, const Question& question,
                             std::size_t answer) {
    // Positions end somewhere: the farthest demonstrations give way.
    const BackboneConfig& config = m_model.config();
    const PromptTemplate* inside = m_model.prompt_template();
    std::size_t used = m_lead.size() + question.before.size() + answer + question.behind.size() + m_tail.size();
    if (inside != nullptr) used += inside->front.size() + inside->back.size();
    if (m_model.prompt() != nullptr && inside == nullptr) used += static_cast<std::size_t>(m_model.prompt()->length());
    std::size_t first = demonstrations.size();
    for (; first > 0; --first) {
        used += demonstration(demonstrations[first - 1]).size();
        if (config.positions != PositionKind::relative && used > static_cast<std::size_t>(config.max_positions)) break;
    }
    m_dropped = m_dropped || first > 0;
    Tokens all = m_lead;
    for (std::size_t i = first; i < demonstrations.size(); ++i)
        append(all, demonstration(demonstrations[i]));
    append(all, question.before);
    const bool masked = m_model.head_spec().kind == HeadKind::masked_lm;
    if (masked) {
        all.push_back(blank);
        append(all, question.behind);
    }
    append(all, m_tail);
    if (inside != nullptr) {
        Tokens none;
        insert_template(
            *inside, [&](std::int64_t id) { return id >= 0 && m_data.tokenizer().is_special(id); }, all, none);
    }
    if (!masked) return {std::move(all), {}};
    const auto place = std::find(all.begin(), all.end(), blank);
    return {Tokens(all.begin(), place), Tokens(place + 1, all.end())};
}

Asking::Text Asking::text_of(const std::string& split, std::size_t item) {
    return compose(m_demonstrations.of(split, item), question(split, item), room_of_answer(split, item));
}

std::vector<std::int64_t> Asking::prompt(const std::string& split, std::size_t item) {
    return text_of(split, item).before;
}

Sequence Asking::training_sequence(const std::string& split, std::size_t item) {
    const Text text = text_of(split, item);
    Tokens answer = this->answer(split, item);
    if (m_task.kind->written(true) && m_data.ends().end >= 0) answer.push_back(m_data.ends().end);
    Sequence sequence;
    sequence.ids = text.before;
    switch (m_model.head_spec().kind) {
    case HeadKind::masked_lm:
        sequence.labels.assign(sequence.ids.size(), -100);
        append(sequence.labels, answer);
        sequence.ids.insert(sequence.ids.end(), answer.size(), m_scoring.mask_id);
        append(sequence.ids, text.behind);
        sequence.labels.resize(sequence.ids.size(), -100);
        break;
    case HeadKind::seq2seq_lm:
        // Decoder inputs are the answer moved one to the right.
        sequence.target_ids = {m_scoring.decoder_start_id};
        sequence.target_ids.insert(sequence.target_ids.end(), answer.begin(), answer.end() - 1);
        sequence.labels = std::move(answer);
        break;
    default:
        // The last row of the question predicts the first token; the last token is only predicted.
        sequence.labels.assign(sequence.ids.size() - 1, -100);
        append(sequence.labels, answer);
        sequence.ids.insert(sequence.ids.end(), answer.begin(), answer.end() - 1);
    }
    return sequence;
}

at::Tensor Asking::scored(const std::vector<CandidateQuestion>& questions, const std::function<bool()>& stop) const {
    CandidateOptions options = m_scoring;
    options.stop = stop;
    std::size_t row = 1, most = 1;
    for (const CandidateQuestion& question : questions) {
        row = std::max(row, question.prompt.size() + question.behind.size() + longest(question.candidates));
        most = std::max(most, question.candidates.size());
    }
    options.rows_at_once = std::max<std::size_t>(1, tokens_at_once / row);
    const auto results = score_candidates(m_model, questions, options);
    if (results.size() < questions.size()) return {};
    std::vector<at::Tensor> rows;
    for (CandidateScores result : results) {
        result.scores.resize(most, -std::numeric_limits<double>::infinity());
        rows.push_back(at::tensor(result.scores, at::kFloat));
    }
    return at::stack(rows);
}

at::Tensor Asking::prior(const std::vector<std::size_t>& demonstrations, const Choices& choices,
                         const std::function<bool()>& stop) {
    at::Tensor& known = m_priors[{demonstrations, choices}];
    if (known.defined()) return known;
    std::vector<CandidateQuestion> questions;
    for (const char* text : no_content) {
        Example example;
        example.text = text;
        const Question question = ask(m_task, m_data.tokenizer(), example, static_cast<std::size_t>(m_task.max_tokens));
        Text composed = compose(demonstrations, question, longest(choices));
        questions.push_back({std::move(composed.before), std::move(composed.behind), choices});
    }
    const at::Tensor scores = scored(questions, stop);
    if (!scores.defined()) return {};
    return known = at::log_softmax(scores, -1).exp().mean(0).log();
}

Asking::Answers Asking::answers(const std::string& split, const std::vector<std::int64_t>& items,
                                const std::function<bool()>& stop) {
    const c10::NoGradGuard guard;
    std::vector<CandidateQuestion> questions;
    std::vector<at::Tensor> priors;
    for (const std::int64_t i : items) {
        const auto item = static_cast<std::size_t>(i);
        Text text = text_of(split, item);
        questions.push_back({std::move(text.before), std::move(text.behind), choices(split, item)});
        if (!m_calibrated) continue;
        priors.push_back(prior(m_demonstrations.of(split, item), choices(split, item), stop));
        if (!priors.back().defined()) return {};
    }
    Answers result;
    const std::int64_t members = m_model.members();
    std::vector<at::Tensor> all;
    for (std::int64_t member = 0; member < members; ++member) {
        if (members > 1) m_model.prompt()->choose(member);
        all.push_back(scored(questions, stop));
        if (members > 1) m_model.prompt()->choose(-1);
        if (!all.back().defined()) return {};
        for (std::size_t i = 0; i < items.size(); ++i) {
            const auto right = static_cast<std::size_t>(
                m_data.split(split).examples.at(static_cast<std::size_t>(items[i])).label_index);
            const std::size_t length = questions[i].candidates[right].size();
            const auto tokens = static_cast<double>(length);
            const double score =
                all.back()[static_cast<std::int64_t>(i)][static_cast<std::int64_t>(right)].item<double>();
            result.loss_sum -= m_scoring.by_length ? score * tokens : score;
            result.loss_count += static_cast<std::int64_t>(length);
        }
    }
    result.scores = at::cat(all);
    // p / p of the same question without content (Zhao et al. 2021, §5: W = diag(p_cf)⁻¹, b = 0). Where an item has
    // fewer choices than others both are missing.
    if (m_calibrated) {
        const std::int64_t most = result.scores.size(1);
        for (at::Tensor& prior : priors)
            prior = at::constant_pad_nd(prior, {0, most - prior.size(0)});
        result.scores = result.scores - at::stack(priors).repeat({members, 1});
    }
    return result;
}

} // namespace diapason
