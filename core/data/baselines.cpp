#include "core/data/baselines.h"

#include "core/data/example_texts.h"

#include <algorithm>
#include <functional>
#include <unordered_map>

namespace diapason {
namespace {

using Answer = TaskKind::Answer;
// What a baseline answers to an example.
using Answering = std::function<Answer(const Example&)>;

std::string key_of(const Answer& answer) {
    std::string key;
    for (const std::string& part : answer)
        key += part + "\n";
    return key;
}

// Of several equally frequent ones that which comes first.
class Counter {
public:
    void add(const Answer& answer) {
        Entry& entry = m_entries[key_of(answer)];
        if (entry.count++ == 0) {
            entry.answer = answer;
            entry.order = m_entries.size();
        }
    }
    Answer most_frequent() const {
        const Entry* best = nullptr;
        for (const auto& [key, entry] : m_entries)
            if (best == nullptr || entry.count > best->count ||
                (entry.count == best->count && entry.order < best->order))
                best = &entry;
        return best == nullptr ? Answer() : best->answer;
    }

private:
    struct Entry {
        Answer answer;
        std::size_t count = 0, order = 0;
    };
    std::unordered_map<std::string, Entry> m_entries;
};

Baseline judged(const Task& task, const Dataset& data, const char* name, const char* help, const Answering& answering) {
    std::vector<Answer> answers;
    for (const Example& example : data)
        answers.push_back(answering(example));
    Baseline baseline{name, help, {}};
    const Outcomes outcomes = task.kind->judged(task, data, answers);
    for (const std::string& metric : task.metrics) {
        const MetricInfo& info = metric_info(metric);
        const auto value = scorer_of(info, outcomes, task.kind->metric_options(info, task))->score().value;
        if (value) baseline.metrics[metric] = *value;
    }
    return baseline;
}

// Tags are those that each word has most often.
std::vector<Baseline> of_tags(const Task& task, const Dataset& train, const Dataset& data) {
    Counter all;
    std::unordered_map<std::string, Counter> of_word;
    for (const Example& example : train) {
        for (std::size_t i = 0; i < example.tags.size(); ++i) {
            all.add({example.tags[i]});
            of_word[example.words[i]].add({example.tags[i]});
        }
    }
    const std::string usual = all.most_frequent().empty() ? "O" : all.most_frequent().front();
    const auto each = [](const Example& example, const std::function<std::string(const std::string&)>& tag) {
        Answer answer;
        for (const std::string& word : example.words)
            answer.push_back(tag(word));
        return answer;
    };
    return {judged(task, data, "majority", "The most frequent tag for every word.",
                   [&](const Example& example) { return each(example, [&](const auto&) { return usual; }); }),
            judged(task, data, "lookup", "For each word the tag that it has most often in training.",
                   [&](const Example& example) {
                       return each(example, [&](const std::string& word) {
                           const auto known = of_word.find(word);
                           return known == of_word.end() ? usual : known->second.most_frequent().front();
                       });
                   })};
}

// Labels that more than half of the rows have.
Answer usual_labels(const Dataset& train) {
    std::map<std::string, std::size_t> counts;
    for (const Example& example : train)
        for (const std::string& label : example.labels)
            ++counts[label];
    Answer labels;
    for (const auto& [label, count] : counts)
        if (2 * count > train.size()) labels.push_back(label);
    return labels;
}

Answer mean_number(const Dataset& train) {
    double sum = 0;
    for (const Example& example : train)
        sum += example.number;
    return {Json(train.empty() ? 0.0 : sum / static_cast<double>(train.size())).dump()};
}

} // namespace

std::vector<Baseline> baselines_of(const Task& task, const std::string& split) {
    const Dataset train = load_split(task, "train"), data = load_split(task, split);
    if (task.kind->outcomes() == OutcomeKind::tags) return of_tags(task, train, data);
    Counter answers;
    std::unordered_map<std::string, Counter> of_input;
    for (const Example& example : train) {
        const Answer gold = task.kind->gold(task, example);
        answers.add(gold);
        of_input[input_of(example)].add(gold);
    }
    const bool numbers = task.kind->outcomes() == OutcomeKind::numbers,
               sets = task.kind->outcomes() == OutcomeKind::sets, texts = task.kind->outcomes() == OutcomeKind::texts;
    const Answer usual = numbers ? mean_number(train) : sets ? usual_labels(train) : answers.most_frequent();
    std::vector<Baseline> list;
    list.push_back(judged(task, data, numbers ? "mean" : "majority",
                          numbers ? "The mean of the training numbers for every row."
                          : sets  ? "The labels that more than half of the training rows have."
                                  : "The most frequent answer of the training rows for every row.",
                          [&](const Example&) { return usual; }));
    list.push_back(judged(task, data, "lookup",
                          "The answer of the training row with the same text, else the one above.",
                          [&](const Example& example) {
                              const auto known = of_input.find(input_of(example));
                              return known == of_input.end() ? usual : known->second.most_frequent();
                          }));
    if (texts)
        list.push_back(judged(task, data, "copy", "The text itself.",
                              [](const Example& example) { return Answer{example.text}; }));
    return list;
}

} // namespace diapason
