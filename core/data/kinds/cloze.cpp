// The word that a text lacks, by a language model: among all tokens, or among listed candidates (Petroni et al. 2019,
// LAMA).
#include "core/base/error.h"
#include "core/base/option_builders.h"
#include "core/base/words.h"
#include "core/data/kinds/kinds.h"

#include <algorithm>
#include <memory>

namespace diapason {
namespace {

// The text in front of its blank and behind it. A space in front belongs to the answer.
std::pair<std::string, std::string> around_blank(const Task& task, const std::string& text) {
    const std::string& blank = task.settings.text("blank");
    const auto at = text.find(blank);
    std::string before = text.substr(0, at);
    if (before.ends_with(' ')) before.pop_back();
    return {before, at == std::string::npos ? "" : text.substr(at + blank.size())};
}

class Cloze : public TaskKind {
public:
    const char* name() const override { return "cloze"; }
    const char* title() const override { return "Cloze"; }
    std::vector<std::string> needed_fields() const override { return {"text", "target"}; }
    std::vector<OptionDescriptor> settings() const override {
        return {option::text("blank", "Blank", "[MASK]", "What marks the place of the answer in a text, once.")};
    }

    // Without labels the answer is any token.
    void read(Fields& fields, Task& task) const override {
        if (fields.has("labels")) read_labels(fields, task, "a cloze task");
        if (task.labels.size() == 1) fields.add("labels", task.labels.front().id, "at least two candidates are needed");
        if (task.settings.text("blank").empty()) fields.add("settings.blank", {}, "must not be empty");
        if (task.text_template != "{text}")
            fields.add("template", task.text_template, "a cloze task has no template: its texts have the blank");
    }
    std::string in_brief(const Task& task) const override {
        return task.labels.empty() ? "any token" : "one of " + std::to_string(task.labels.size()) + " candidates";
    }
    Dataset prepared(const Task& task, Dataset data, const std::string& file) const override {
        const auto places = std::make_shared<const std::map<std::string, int>>(label_places(task));
        const std::string& blank = task.settings.text("blank");
        data = sound_examples(task, std::move(data), file, [&](const Example& example) -> std::string {
            const auto at = example.text.find(blank);
            if (at == std::string::npos) return "has no blank \"" + blank + "\"";
            if (example.text.find(blank, at + blank.size()) != std::string::npos)
                return "has more than one blank \"" + blank + "\"";
            if (without_extra_spaces(example.target).empty()) return "has no target";
            if (!places->empty() && places->count(example.target) == 0)
                return "has the target \"" + example.target + "\", which is none of the task's candidates";
            return {};
        });
        return mapped(std::move(data), [places](Example example) {
            if (!places->empty()) example.label_index = places->at(example.target);
            return example;
        });
    }

    OutcomeKind outcomes() const override { return OutcomeKind::ranks; }
    std::vector<std::string> default_metrics() const override { return {"p_at_1", "mrr"}; }
    Answer gold(const Task& /*task*/, const Example& example) const override { return {example.target}; }
    // Candidates in their order.
    Outcomes judged(const Task& /*task*/, const Dataset& data, const std::vector<Answer>& answers) const override {
        RankOutcomes outcomes;
        for (std::size_t i = 0; i < data.size(); ++i) {
            const Example example = data[i];
            const auto found = std::find(answers.at(i).begin(), answers.at(i).end(), example.target);
            outcomes.ranks.push_back(found == answers[i].end() ? 0 : found - answers[i].begin() + 1);
            outcomes.groups.push_back(example.group);
        }
        return outcomes;
    }
    std::string head(bool /*in_words*/) const override { return {}; }
    bool written(bool /*in_words*/) const override { return false; }
    bool asked(bool /*in_words*/) const override { return true; }
    std::string refusal(const BackboneAbilities& backbone, bool /*in_words*/) const override {
        if (backbone.fills || backbone.continues) return {};
        return "a cloze task needs a masked language model or a decoder; " + backbone.family + " backbones are neither";
    }
    std::vector<Problem> problems_in_words(const Task& task) const override { return problems_of_label_words(task); }

    // A free answer is one token: the rank of several has no meaning.
    EncodedItem encode(const Task& task, const Tokenizer& tokenizer, const Example& example,
                       const EncodingEnds& /*ends*/) const override {
        const auto tokens = answer_tokens(task, tokenizer, example.target);
        if (task.labels.empty() && tokens.size() != 1)
            throw Error(ErrorKind::input,
                        {"has the target \"" + example.target + "\" of " + std::to_string(tokens.size()) +
                             " tokens, where only one token can be ranked",
                         {},
                         {},
                         {},
                         "List candidates as the task's labels, or leave such rows out"});
        const auto [before, behind] = around_blank(task, example.text);
        EncodedExample encoded;
        encoded.ids = tokenizer
                          .encode(before + " " + example.target + behind,
                                  {.max_length = static_cast<std::size_t>(task.max_tokens)})
                          .ids;
        return {std::move(encoded)};
    }

    Question ask(const Task& task, const Tokenizer& tokenizer, const Example& example,
                 std::size_t room) const override {
        const auto [before, behind] = around_blank(task, example.text);
        Question question;
        question.before = tokenizer.encode(before, {.add_special_tokens = false}).ids;
        question.behind = tokenizer.encode(behind, {.add_special_tokens = false, .max_length = room / 2}).ids;
        // The beginning gives way: what stands beside the blank says most about it.
        const std::size_t kept = room - std::min(room, question.behind.size());
        if (question.before.size() > kept)
            question.before.erase(question.before.begin(), question.before.end() - static_cast<std::ptrdiff_t>(kept));
        return question;
    }
    std::string answer(const Task& /*task*/, const std::string& words) const override { return " " + words; }
};

} // namespace

const TaskKind& cloze_kind() {
    static const Cloze kind;
    return kind;
}

} // namespace diapason
