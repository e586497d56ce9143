#include "core/data/task_report.h"

#include "core/base/awaited_work.h"
#include "core/data/example_texts.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace diapason {
namespace {

// What is expected of a row, as one text.
std::string answer_of(const Example& example) {
    std::string answer = example.label + "\n" + example.target + "\n";
    for (const auto* list : {&example.labels, &example.tags})
        for (const std::string& entry : *list)
            answer += entry + " ";
    return std::isfinite(example.number) ? answer + std::to_string(example.number) : answer;
}

void count_answers(const Task& task, const Example& example, SplitReport& report) {
    if (task.labels.empty()) return;
    if (!example.label.empty()) ++report.answers[example.label];
    for (const auto* list : {&example.labels, &example.tags})
        for (const std::string& entry : *list)
            ++report.answers[entry];
}

// Tokens without the task's limit.
std::size_t tokens_of(const Task& task, const Tokenizer& tokenizer, const Example& example) {
    Task whole = task;
    whole.max_tokens = std::int64_t{1} << 30;
    std::size_t most = 0;
    for (const EncodedExample& part : encode_example(whole, tokenizer, example, {}))
        most = std::max(most, part.ids.size());
    return most;
}

void add_lengths(std::vector<std::size_t>& lengths, std::int64_t limit, SplitReport& report) {
    if (lengths.empty()) return;
    std::sort(lengths.begin(), lengths.end());
    report.median_tokens = lengths[lengths.size() / 2];
    report.most_tokens = lengths.back();
    report.cut = static_cast<std::size_t>(
        lengths.end() - std::upper_bound(lengths.begin(), lengths.end(), static_cast<std::size_t>(limit)));
}

std::string rows(std::size_t count) {
    return std::to_string(count) + (count == 1 ? " row" : " rows");
}

void warn(const Task& task, TaskReport& report) {
    const auto say = [&](const SplitReport& split, std::size_t count, const std::string& what) {
        if (count > 0) report.warnings.push_back(split.split + ": " + rows(count) + " " + what);
    };
    for (const SplitReport& split : report.splits) {
        if (split.left_out.rows > 0)
            report.warnings.push_back(split.split + ": " + rows(split.left_out.rows) + " of its file " +
                                      (split.left_out.rows == 1 ? "is" : "are") + " left out" + split.left_out.reasons);
        say(split, split.contradicting, "with a text that stood there before and another answer");
        say(split, split.repeated - split.contradicting, "with a text that stood there before");
        say(split, split.leaking, "whose text contains the target");
        if (const auto seen = report.seen_in_training.find(split.split); seen != report.seen_in_training.end())
            say(split, seen->second, "with a text that the model is trained on");
        say(split, split.cut, "longer than " + std::to_string(task.max_tokens) + " tokens, which are cut");
        for (const TaskLabel& label : task.labels) {
            if (split.answers.count(label.id) == 0)
                report.warnings.push_back(split.split + ": no row has the label " + label.id);
        }
    }
}

} // namespace

TaskReport report_on(const Task& task, const Tokenizer* tokenizer) {
    TaskReport report;
    std::unordered_set<std::string> trained;
    for (const std::string& name : split_names()) {
        if (task.data.count(name) == 0) continue;
        SplitReport split;
        split.split = name;
        std::unordered_map<std::string, std::string> known; // input → answer
        std::vector<std::size_t> lengths;
        const Dataset data = load_split(task, name);
        split.left_out = data.left_out();
        work_begins("Counting the rows of " + split.split, data.size());
        for (const Example& example : data) {
            work_advances(1);
            ++split.rows;
            count_answers(task, example, split);
            const std::string input = input_of(example);
            const auto [first, fresh] = known.emplace(input, answer_of(example));
            if (!fresh) {
                ++split.repeated;
                split.contradicting += first->second != answer_of(example) ? 1 : 0;
            }
            if (task.kind->written(false) && example.text.find(example.target) != std::string::npos) ++split.leaking;
            if (split.split != "train" && trained.count(input) > 0) ++report.seen_in_training[name];
            if (tokenizer != nullptr) lengths.push_back(tokens_of(task, *tokenizer, example));
        }
        if (split.split == "train")
            for (auto& [input, answer] : known)
                trained.insert(input);
        add_lengths(lengths, task.max_tokens, split);
        report.splits.push_back(std::move(split));
    }
    warn(task, report);
    return report;
}

} // namespace diapason
